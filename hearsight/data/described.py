"""Pictures with what is written and said about them: what the readers of speech-to-image data sets yield."""

import pickle
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.data.pairs import SUFFIXES, Split
from hearsight.errors import DataError

PICKLES: dict[str, Split] = {"train": "train", "test": "held_out"}
"""Folders of the published lists `filenames.pickle`, and the side they are on."""
CROP = 0.75
"""Half the side of the square around a box, as a share of the longer side of the box."""


@dataclass(frozen=True)
class Described:
    """One picture."""

    key: str
    """What the data set calls it."""
    picture: Path
    """Its file."""
    label: str
    """Its class; where there are no classes, its key."""
    split: Split
    """Training never sees what is `held_out`."""
    captions: tuple[str, ...] = ()
    """What is written about it."""
    audio: tuple[Path, ...] = ()
    """What is said about it."""
    box: tuple[int, int, int, int] | None = None
    """Where the thing is that all this is about: left, top, width and height in pixels."""

    def crop(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of what is shown of a picture of this size, as StackGAN and S2IGAN cut it.

        Without a box the whole picture, else a square around it as far as the picture reaches.
        """
        if self.box is None:
            return 0, 0, width, height
        left, top, wide, high = self.box
        reach, x, y = int(CROP * max(wide, high)), int(left + wide / 2), int(top + high / 2)
        return max(0, x - reach), max(0, y - reach), min(width, x + reach), min(height, y + reach)


def require(described: Iterable[Described], folder: Path, expected: str) -> list[Described]:
    """All of them in the order of splits and keys. Raises DataError where there is none."""
    every = sorted(described, key=lambda one: (one.split != "train", one.key))
    if not every:
        raise DataError(f"{folder}: holds nothing of this data set; expected {expected}.")
    return every


def sounds_in(folder: Path) -> tuple[Path, ...]:
    """The sound files of a folder, by name; none where there is no such folder."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES["sound"]))


def find_picture(*stems: Path) -> Path | None:
    """The first picture file that has one of these paths, whatever its suffix."""
    files = (stem.with_name(stem.name + suffix) for stem in stems for suffix in sorted(SUFFIXES["picture"]))
    return next((file for file in files if file.is_file()), None)


def pickled_keys(folder: Path) -> dict[str, Split]:
    """The split of every key in `train/filenames.pickle` and `test/filenames.pickle`, as far as they are there.

    Raises DataError for a file that holds anything but a list of names: a pickle could run programs, so nothing else
    is taken from it.
    """
    splits: dict[str, Split] = {}
    for side, split in PICKLES.items():
        path = folder / side / "filenames.pickle"
        if path.is_file():
            splits.update(dict.fromkeys(_names(path), split))
    return splits


def _names(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            names = _OnlyPlain(file, encoding="utf-8").load()
    except (pickle.UnpicklingError, ValueError, EOFError, IndexError, AttributeError, KeyError) as error:
        raise DataError(f"{path}: is not a list of names ({error}); fetch it again from the authors.") from None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path}: is not a list of names; fetch it again from the authors.")
    return names


class _OnlyPlain(pickle.Unpickler):
    """Loads lists, texts and numbers, and refuses whatever would be looked up in a module."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"asks for {module}.{name}")
