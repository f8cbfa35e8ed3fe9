"""Sub-URMP (Chen et al. 2017): thirteen instruments, each filmed while it plays a piece of chamber music alone.

The published folder holds half a second of sound for every tenth of a second, and the frame at which each begins:

    chunk/train/violin/violin01_500.wav        chunk/validation/violin/violin02_500.wav
    img/train/violin/violin01_500.jpg          img/validation/violin/violin02_500.jpg

The first number of a name is the performance, the second the time in milliseconds. `test` for `validation`, and copies
whose files are only numbered, are understood too.

What the thesis makes of it is in `prepare_sub_urmp.py`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError
from hearsight.sound import Sound

INSTRUMENTS = (
    "bassoon",
    "cello",
    "clarinet",
    "double_bass",
    "flute",
    "horn",
    "oboe",
    "sax",
    "trombone",
    "trumpet",
    "tuba",
    "viola",
    "violin",
)
HELD_OUT = ("validation", "test")
"""what a copy may call the half that is not trained on"""
STEP = 100
"""milliseconds from one chunk to the next"""
NAME = re.compile(r"(?P<performance>.+)_(?P<time>\d+)")


@dataclass(frozen=True)
class Chunk:
    """Half a second of sound and the frame at which it begins."""

    time: int
    """Milliseconds since the performance began."""
    sound: Path
    """Its WAV file."""
    picture: Path
    """Its JPEG file."""


@dataclass(frozen=True)
class Performance:
    """One instrument playing without a break."""

    name: str
    """What its files are called, e.g. `violin01`; with `+2` where a break made several of one."""
    instrument: str
    """Its class."""
    held_out: bool
    """Whether it is for validation and testing."""
    chunks: Sequence[Chunk]
    """One every tenth of a second."""


def performances(folder: Path) -> list[Performance]:
    """All performances of a copy of Sub-URMP.

    Raises DataError where the folder has another layout, or a chunk lacks its frame.
    """
    found = [one for split in ("train", *HELD_OUT) for one in _of_split(folder, split)]
    if not found:
        raise DataError(
            f"{folder}: holds no Sub-URMP; expected chunk/train/violin/*.wav, img/train/violin/*.jpg, and so on for "
            "every instrument and for validation."
        )
    return found


def track(performance: Performance) -> tuple[Float[np.ndarray, " time"], int]:
    """(the whole performance as mono, its rate): the first tenth of a second of every chunk, and all of the last."""
    pieces = []
    rate = 0
    for number, chunk in enumerate(performance.chunks, start=1):
        sound = Sound.read(chunk.sound).mono()
        if rate and sound.rate != rate:
            raise DataError(f"{chunk.sound}: has {sound.rate} samples a second, those before it {rate}.")
        rate = sound.rate
        whole = number == len(performance.chunks)
        pieces.append(sound.samples[0] if whole else sound.samples[0, : rate * STEP // 1000])
    return np.concatenate(pieces), rate


def _of_split(folder: Path, split: str) -> Iterator[Performance]:
    for instrument in INSTRUMENTS:
        chunks: dict[str, list[Chunk]] = {}
        for sound in sorted((folder / "chunk" / split / instrument).glob("*.wav")):
            frame = folder / "img" / split / instrument / f"{sound.stem}.jpg"
            if not frame.is_file():
                raise DataError(f"{sound}: has no frame; expected {frame}.")
            name, time = _read_name(sound.stem, instrument)
            chunks.setdefault(name, []).append(Chunk(time, sound, frame))
        for name, unordered in chunks.items():
            ordered = sorted(unordered, key=lambda chunk: chunk.time)
            breaks = [
                at for at in range(1, len(ordered)) if ordered[at].time - ordered[at - 1].time != STEP
            ]  # where chunks are missing
            for number, (start, end) in enumerate(zip([0, *breaks], [*breaks, len(ordered)], strict=True)):
                part = f"{name}+{number + 1}" if number else name
                yield Performance(part, instrument, split in HELD_OUT, ordered[start:end])


def _read_name(stem: str, instrument: str) -> tuple[str, int]:
    """(performance, milliseconds) of a file; files that are only numbered are one performance."""
    if stem.isdecimal():
        return instrument, int(stem) * STEP
    match = NAME.fullmatch(stem)
    if match is None:
        raise DataError(f"{stem}: names no time; Sub-URMP's files are called like violin01_500.")
    return match["performance"], int(match["time"])
