"""Made-up music: random phrases of ten instruments, played by FluidSynth from a General MIDI sound font."""

import ctypes.util
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from hearsight.errors import MissingDependency

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
CURE = "on Debian or Ubuntu: apt install libfluidsynth3 fluid-soundfont-gm, then pip install pyfluidsynth."
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 7, 9), (0, 3, 5, 7, 10), tuple(range(12)))
RHYTHMS = ((1.0,), (0.5, 0.5), (0.75, 0.25), (2.0,), (1.5, 0.5), (0.5, 0.25, 0.25), (0.25, 0.25, 0.25, 0.25))


@dataclass(frozen=True)
class Instrument:
    """What a class of instrument can play."""

    presets: tuple[tuple[int, int], ...]
    """(bank, program) of the sound font; phrases around the middle register of the last one are kept for measuring."""
    lowest: int
    """Lowest MIDI note."""
    highest: int
    """Highest MIDI note."""
    chords: bool = False
    """Whether several notes at once are natural."""


INSTRUMENTS: dict[str, Instrument] = {
    "banjo": Instrument(((0, 105),), 50, 81, chords=True),
    "clarinet": Instrument(((0, 71),), 50, 86),
    "flute": Instrument(((0, 73), (0, 72)), 62, 96),
    "french_horn": Instrument(((0, 60),), 41, 74),
    "guitar": Instrument(((0, 24), (0, 25), (0, 26), (8, 25), (0, 27)), 40, 81, chords=True),
    "piano": Instrument(((0, 0), (0, 1), (0, 2), (0, 3)), 28, 100, chords=True),
    "saxophone": Instrument(((0, 64), (0, 66), (0, 67), (0, 65)), 44, 84),
    "trombone": Instrument(((0, 57),), 40, 70),
    "violin": Instrument(((0, 40), (8, 40), (0, 110)), 55, 96),
    "xylophone": Instrument(((0, 13), (0, 12)), 60, 100, chords=True),
}


@dataclass(frozen=True)
class Room:
    """FluidSynth's reverberator and chorus; all values are the synthesiser's own, from 0 to 1."""

    size: float
    """Length of the reverberation."""
    damping: float
    """How much sooner high frequencies die away."""
    level: float
    """Level of the reverberation."""
    chorus: float = 0.0
    """How much is sent to the chorus."""


TRAINING_ROOMS = (Room(0.0, 0.0, 0.0), Room(0.2, 0.3, 0.3), Room(0.4, 0.1, 0.5), Room(0.6, 0.6, 0.6, 0.3))
HELD_OUT_ROOMS = (Room(0.3, 0.5, 0.4, 0.15), Room(0.75, 0.3, 0.5))


@dataclass(frozen=True)
class Note:
    """One note of a phrase."""

    start: float
    """Seconds from the beginning."""
    length: float
    """Seconds until the key is released."""
    pitch: int
    """MIDI note number."""
    velocity: int
    """MIDI velocity, 1 to 127."""


@dataclass(frozen=True)
class Phrase:
    """A few seconds of one instrument."""

    preset: tuple[int, int]
    """(bank, program) of the sound font."""
    room: Room
    """Where it is played."""
    cents: float
    """How far the whole instrument is out of tune, in hundredths of a semitone."""
    seconds: float
    """How long it lasts, the last notes' dying away included."""
    notes: tuple[Note, ...]
    """What is played."""


def phrase(instrument: Instrument, random: np.random.Generator, *, held_out: bool = False) -> Phrase:
    """A random phrase of two to five seconds, or, now and then, a single long note.

    Held-out phrases sound in rooms that training never hears, and half of them use a combination that training never
    hears either: the last preset in its middle register. With a single preset only the rooms (and notes) are new.
    """
    presets, rooms = instrument.presets, HELD_OUT_ROOMS if held_out else TRAINING_ROOMS
    kept = held_out and len(presets) > 1 and random.random() < 0.5
    preset = presets[-1] if kept else presets[random.integers(len(presets))]
    seconds = float(random.uniform(2, 5))
    centre = _centre(instrument, random, middle=kept, outer=preset == presets[-1] and len(presets) > 1 and not held_out)
    notes = _melody(instrument, centre, seconds, random)
    return Phrase(preset, rooms[random.integers(len(rooms))], float(random.normal(0, 12)), seconds, tuple(notes))


def render(phrase: Phrase, rate: int = 22050, font: Path = SOUND_FONT) -> Float[np.ndarray, " time"]:
    """The phrase as float32 mono in [-1, 1]. Raises MissingDependency without FluidSynth or its sound font."""
    synth = _open(rate, font)
    try:
        room = phrase.room
        synth.set_reverb(room.size, room.damping, 0.5, room.level)
        synth.cc(0, 91, 127 if room.level else 0)
        synth.cc(0, 93, round(127 * room.chorus))
        synth.program_select(0, 1, *phrase.preset)
        synth.pitch_bend(0, round(phrase.cents / 200 * 8192))
        return _play(synth, phrase, rate)
    finally:
        synth.delete()


def _centre(instrument: Instrument, random: np.random.Generator, *, middle: bool, outer: bool) -> int:
    """A pitch for the phrase to move around: in the middle third of the range, outside it, or anywhere."""
    low, high = instrument.lowest, instrument.highest
    third = (high - low) // 3
    if middle:
        return int(random.integers(low + third, high - third))
    if outer:
        lower = random.random() < 0.5
        return int(random.integers(low, low + third) if lower else random.integers(high - third, high))
    return int(random.integers(low, high + 1))


def _melody(instrument: Instrument, centre: int, seconds: float, random: np.random.Generator) -> list[Note]:
    beat = 60 / random.uniform(70, 180)
    loud = random.uniform(55, 115)
    if random.random() < 0.15:
        return [Note(0.05, seconds * random.uniform(0.4, 0.9), centre, int(loud))]
    scale = _scale(instrument, centre, SCALES[random.integers(len(SCALES))])
    degree = int(np.argmin(np.abs(np.array(scale) - centre)))
    detached = random.uniform(0.5, 1.0)
    notes: list[Note] = []
    start = 0.05
    while start < seconds - 0.6:
        for part in RHYTHMS[random.integers(len(RHYTHMS))]:
            degree = int(np.clip(degree + random.integers(-3, 4), 0, len(scale) - 1))
            velocity = int(np.clip(loud + random.normal(0, 10), 25, 127))
            for pitch in _together(instrument, scale, degree, random):
                notes.append(Note(start, part * beat * detached, pitch, velocity))
            start += part * beat
    return [note for note in notes if note.start < seconds - 0.3]


def _scale(instrument: Instrument, tonic: int, steps: Sequence[int]) -> list[int]:
    """The notes of the scale within reach of the instrument and within an octave of the tonic."""
    low, high = max(instrument.lowest, tonic - 12), min(instrument.highest, tonic + 12)
    return [pitch for pitch in range(low, high + 1) if (pitch - tonic) % 12 in steps]


def _together(instrument: Instrument, scale: Sequence[int], degree: int, random: np.random.Generator) -> list[int]:
    """One note or, where that is natural, sometimes a chord of stacked thirds."""
    size = int(random.integers(2, 5)) if instrument.chords and random.random() < 0.3 else 1
    return [scale[step] for step in range(degree, min(degree + 2 * size - 1, len(scale)), 2)]


def _play(synth: Any, phrase: Phrase, rate: int) -> Float[np.ndarray, " time"]:
    events = [(note.start, 1, note) for note in phrase.notes]
    events += [(min(note.start + note.length, phrase.seconds), 0, note) for note in phrase.notes]
    pieces, now = [], 0
    for seconds, pressed, note in sorted(events, key=lambda event: (event[0], event[1], event[2].pitch)):
        until = round(seconds * rate)
        pieces.append(synth.get_samples(until - now))
        now = until
        if pressed:
            synth.noteon(0, note.pitch, note.velocity)
        else:
            synth.noteoff(0, note.pitch)
    pieces.append(synth.get_samples(max(round(phrase.seconds * rate) - now, 0)))
    stereo = np.concatenate(pieces).reshape(-1, 2).astype(np.float32) / 32768
    return stereo.mean(axis=1)


def _open(rate: int, font: Path) -> Any:
    """A fresh synthesiser: one for each phrase, because reverberation of the last phrase would leak into the next."""
    if not font.exists():
        raise MissingDependency(f"{font}: the sound font that plays the instruments is not there; {CURE}")
    fluidsynth = _library()
    synth = fluidsynth.Synth(gain=0.6, samplerate=rate, channels=16, **{"synth.dynamic-sample-loading": 1})
    synth.sfload(str(font))
    return synth


@cache
def _library() -> Any:
    if ctypes.util.find_library("fluidsynth") is None and os.name == "posix":
        raise MissingDependency(f"FluidSynth, which plays the instruments, is not installed; {CURE}")
    try:
        import fluidsynth
    except ImportError as error:
        raise MissingDependency(f"FluidSynth, which plays the instruments, cannot be used ({error}); {CURE}") from None
    return fluidsynth
