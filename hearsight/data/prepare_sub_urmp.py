"""Sub-URMP as the thesis of R. Kyle prepares it (section 4.2.1), which leaves things open. What is done here:

windows      The chunks of a performance are laid end to end and cut again: 1 to 5 seconds, one every 0.1 s. A
             window's picture is the frame at which it begins.
silence      Windows whose highest amplitude is below 450 (of 32768) are left out.
edges        The thesis removes by hand what is "largely devoid of audio" at both ends of a performance; here
             windows go, from either end, while more than half of their tenths of a second are silent.
crops        The thesis cuts each instrument's pictures by hand and does not publish where. `crops` says where;
             without, it is the largest square in the centre.
validation   The first half of each held-out performance is for validation, the second for testing. Windows of the
             second that share sound with the first are left out. (Table 4.1 leaves room for doubt that the thesis
             got them all: its halves differ by 20 or 21 windows at 2 s and at 5 s alike, and of the viola's 440
             windows of 5 s only 33 are gone, where 49 share sound with the other half.)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.data.sub_urmp import INSTRUMENTS, STEP, Performance, performances, track
from hearsight.data.things import picture
from hearsight.errors import ConfigError, DataError
from hearsight.files import write_atomically
from hearsight.sound.silence import SILENCE, silent

LARGELY = 0.5
"""share of a window beyond which silence is most of it"""

Crop = tuple[float, float, float, float]
"""left, top, right, bottom of what is kept, as shares of a picture's width and height"""


@dataclass(frozen=True)
class Preprocessing:
    """How chunks become pairs of sounds and pictures."""

    seconds: float = 4.0
    """Length of every sound; the thesis compares 1 to 5."""
    silence: float = SILENCE
    """16-bit amplitude below which a window is silent; 0 keeps all."""
    size: int = 64
    """Height and width of the pictures."""
    crops: Mapping[str, Crop] = field(default_factory=dict)
    """What is kept of each instrument's pictures, as shares of width and height: left, top, right, bottom."""

    def __post_init__(self) -> None:
        if self.seconds < 0.5 or round(self.seconds * 1000) % STEP:
            raise ConfigError(f"seconds={self.seconds}: windows last half a second or more, in tenths, e.g. 4.")
        for instrument, (left, top, right, bottom) in self.crops.items():
            if instrument not in INSTRUMENTS:
                raise ConfigError(f"crops.{instrument}: there is no such instrument; known: {', '.join(INSTRUMENTS)}.")
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                raise ConfigError(
                    f"crops.{instrument}: left, top, right, bottom are shares from 0 to 1, e.g. 0.2, 0, 0.8, 1."
                )


@dataclass(frozen=True, eq=False)
class Window:
    """One sound with its frame."""

    time: int
    """Milliseconds since the performance began."""
    samples: Float[np.ndarray, " time"]
    """mono, in [-1, 1]"""
    picture: Path
    """The frame at its beginning."""


def windows(performance: Performance, preprocessing: Preprocessing) -> tuple[list[Window], int]:
    """(the windows of a performance that are kept, their rate)."""
    whole, rate = track(performance)
    step, length = rate * STEP // 1000, round(preprocessing.seconds * rate)
    starts = [number * step for number in range(len(performance.chunks)) if number * step + length <= len(whole)]
    cut = [whole[start : start + length] for start in starts]
    first, last = 0, len(cut)
    while first < last and _largely_silent(cut[first], step, preprocessing.silence):
        first += 1
    while last > first and _largely_silent(cut[last - 1], step, preprocessing.silence):
        last -= 1
    kept = [
        Window(performance.chunks[number].time, cut[number], performance.chunks[number].picture)
        for number in range(first, last)
        if not silent(cut[number], preprocessing.silence)
    ]
    return kept, rate


def halves(kept: Sequence[Window], seconds: float) -> tuple[Sequence[Window], Sequence[Window]]:
    """(windows for validation, windows for testing that share no sound with them)."""
    middle = (len(kept) + 1) // 2
    validation, rest = kept[:middle], kept[middle:]
    if not validation:
        return validation, rest
    end = validation[-1].time + round(seconds * 1000)
    return validation, [window for window in rest if window.time >= end]


def prepare(
    folder: Path,
    out: Path,
    preprocessing: Preprocessing | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Make `out` a data folder of `folder`, a copy of Sub-URMP, and return its manifest.

    `out` has the training and test windows, `out/validation` is a data folder of its own. Sounds are mono FLAC,
    pictures PNG; those that are there are kept, so that an interrupted run goes on. `progress(done, all)` follows
    performances.
    """
    preprocessing = preprocessing or Preprocessing()
    found = performances(folder)
    items: dict[str, list[Item]] = {"": [], "validation": []}
    for done, performance in enumerate(found, start=1):
        kept, rate = windows(performance, preprocessing)
        validation: Sequence[Window] = []
        testing: Sequence[Window] = kept
        if performance.held_out:
            validation, testing = halves(kept, preprocessing.seconds)
        for part, chosen in (("", testing), ("validation", validation)):
            items[part] += _written(out / part, performance, chosen, rate, preprocessing)
        if progress:
            progress(done, len(found))
    for part, those in items.items():
        if those:
            pairs.write_manifest(out / part, those)
    if not items[""]:
        raise DataError(f"{folder}: no window of {preprocessing.seconds:g} s is left; make them shorter.")
    return out / "manifest.csv"


def _largely_silent(samples: Float[np.ndarray, " time"], step: int, threshold: float) -> bool:
    tenths = [samples[start : start + step] for start in range(0, len(samples), step)]
    return sum(silent(tenth, threshold) for tenth in tenths) > LARGELY * len(tenths)


def _written(
    out: Path, performance: Performance, kept: Sequence[Window], rate: int, preprocessing: Preprocessing
) -> Iterator[Item]:
    import soundfile

    split: pairs.Split = "held_out" if performance.held_out else "train"
    for window in kept:
        stem = f"{split}/{performance.instrument}/{performance.name}_{window.time}"
        sound, shown = f"sounds/{stem}.flac", f"pictures/{stem}.png"
        if not (out / sound).is_file():
            with write_atomically(out / sound) as partial:
                soundfile.write(partial, window.samples, rate)
        if not (out / shown).is_file():
            with write_atomically(out / shown) as partial:
                _cropped(
                    picture(window.picture), preprocessing.crops.get(performance.instrument), preprocessing.size
                ).save(partial)
        about = (performance.instrument, split, performance.name, "Sub-URMP (Chen et al. 2017)")
        yield Item(sound, "sound", *about)
        yield Item(shown, "picture", *about)


def _cropped(frame: Image.Image, crop: Crop | None, size: int) -> Image.Image:
    """The part of a frame that is kept, at `size` x `size` pixels."""
    width, height = frame.size
    if crop is None:
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        box = (left, top, left + side, top + side)
    else:
        box = (
            round(crop[0] * width),
            round(crop[1] * height),
            round(crop[2] * width),
            round(crop[3] * height),
        )
    return frame.convert("RGB").resize((size, size), Image.Resampling.BICUBIC, box=box)
