"""Make the example sounds beside this file: `python examples/make.py` (needs pip install 'hearsight[data]').

Instruments are played by FluidSynth from Debian's fluid-soundfont-gm (MIT), digits spoken by espeak-ng, and the
rest is arithmetic on noise. Every sound is at most three seconds of Ogg Vorbis, mono, at 22.05 kHz.
"""

from pathlib import Path

import numpy as np
import soundfile
import soxr
from jaxtyping import Float

from hearsight.data.instruments import Note, Phrase, Room, render
from hearsight.data.speech import Utterance, speak

RATE = 22050
HALL = Room(size=0.45, damping=0.3, level=0.4)

# (General MIDI program, semitones above the key note, that key note, seconds per note)
PHRASES = {
    "piano": (0, (0, 4, 7, 12, 7, 4, 0), 60, 0.30),
    "guitar": (24, (0, 7, 12, 16, 19, 16, 12), 45, 0.28),
    "violin": (40, (0, 2, 4, 7, 9, 7), 67, 0.40),
    "flute": (73, (12, 9, 7, 4, 7, 12), 65, 0.34),
    "saxophone": (66, (0, 3, 5, 6, 7, 10), 53, 0.34),
    "xylophone": (13, (0, 4, 7, 12, 16, 12, 7, 4), 72, 0.22),
}
DIGITS = {"three": "en-us+m3", "seven": "en-us+f2"}


def phrase(program: int, steps: tuple[int, ...], key: int, beat: float) -> Float[np.ndarray, " time"]:
    """A melody with a little room to die away in."""
    notes = [Note(0.05 + at * beat, 0.9 * beat, key + step, 96) for at, step in enumerate(steps)]
    return render(Phrase((0, program), HALL, 0.0, 0.6 + len(steps) * beat, tuple(notes)), RATE)


def digit(word: str, voice: str) -> Float[np.ndarray, " time"]:
    """A spoken word."""
    samples, rate = speak(Utterance(word, voice, speed=150, pitch=50))
    return soxr.resample(samples, rate, RATE)


def rain(random: np.random.Generator, seconds: float = 3.0) -> Float[np.ndarray, " time"]:
    """A steady hiss with single drops in it."""
    time = np.arange(int(RATE * 0.006)) / RATE
    samples = 0.12 * _coloured(random, int(RATE * seconds), slope=0.35)
    for start in random.integers(0, len(samples) - len(time), int(220 * seconds)):
        pitch, loudness = random.uniform(1500, 7000), random.exponential(0.09)
        samples[start : start + len(time)] += loudness * np.sin(2 * np.pi * pitch * time) * np.exp(-time * 900)
    return samples


def sea_waves(random: np.random.Generator, seconds: float = 3.0) -> Float[np.ndarray, " time"]:
    """One wave that swells, breaks and runs out."""
    time = np.linspace(0, 1, int(RATE * seconds))
    swell = np.interp(time, (0, 0.35, 0.5, 0.75, 1), (0.15, 0.45, 1, 0.5, 0.2))
    crash = np.interp(time, (0, 0.38, 0.5, 0.8, 1), (0, 0.05, 0.6, 0.25, 0.05))
    return swell * _coloured(random, len(time), slope=1.1) + crash * _coloured(random, len(time), slope=0.4)


def clock_tick(random: np.random.Generator, seconds: float = 3.0) -> Float[np.ndarray, " time"]:
    """Tick and tock, four a second, over almost nothing."""
    samples = 0.0005 * random.standard_normal(int(RATE * seconds))
    time = np.arange(int(RATE * 0.05)) / RATE
    for beat, start in enumerate(np.arange(0.1, seconds - 0.1, 0.25)):
        pitches = (2900, 4700, 7100) if beat % 2 == 0 else (2500, 4100, 6400)
        click = sum(np.sin(2 * np.pi * pitch * time) * np.exp(-time * (180 + pitch / 20)) for pitch in pitches)
        samples[int(start * RATE) :][: len(time)] += click + random.standard_normal(len(time)) * np.exp(-time * 900)
    return samples


def helicopter(random: np.random.Generator, seconds: float = 3.0) -> Float[np.ndarray, " time"]:
    """Rotor blades: thumps of low noise, thirteen a second, over the turbine's whine."""
    time = np.arange(int(RATE * seconds)) / RATE
    thump = (0.5 + 0.5 * np.cos(2 * np.pi * 13 * time)) ** 6
    blades = thump * _coloured(random, len(time), slope=1.3)
    return blades + 0.25 * _coloured(random, len(time), slope=0.9) + 0.01 * np.sin(2 * np.pi * 1370 * time)


def _coloured(random: np.random.Generator, count: int, slope: float) -> Float[np.ndarray, " time"]:
    """Noise whose amplitude falls with frequency to the power of `slope` (0: white, 1: brown); unit variance."""
    spectrum = np.fft.rfft(random.standard_normal(count))
    spectrum /= np.maximum(np.fft.rfftfreq(count, 1 / RATE), 60) ** slope
    samples = np.fft.irfft(spectrum, count)
    return samples / samples.std()


def main() -> None:
    random = np.random.default_rng(0)
    sounds = {name: phrase(*melody) for name, melody in PHRASES.items()}
    sounds |= {word: digit(word, voice) for word, voice in DIGITS.items()}
    sounds |= {made.__name__: made(random) for made in (rain, sea_waves, clock_tick, helicopter)}
    for name, samples in sounds.items():
        file = Path(__file__).parent / f"{name}.ogg"
        fade = np.minimum(1, np.arange(len(samples))[::-1] / (0.03 * RATE))
        soundfile.write(file, 0.7 * fade * samples / np.abs(samples).max(), RATE, format="OGG", subtype="VORBIS")
        print(f"{file.name:16}{len(samples) / RATE:5.2f} s {file.stat().st_size / 1000:6.1f} kB")


if __name__ == "__main__":
    main()
