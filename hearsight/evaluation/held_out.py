"""What a system is measured on: the held-out sounds of a data folder, and the real pictures that go with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.errors import DataError


@dataclass(frozen=True)
class HeldOutSound:
    """One sound to be drawn."""

    item: Item
    """Its row of the manifest."""
    number: int
    """Which of its class it is, from 0."""

    @property
    def label(self) -> str:
        """Its class."""
        return self.item.label

    @property
    def stem(self) -> str:
        """Its file name without the suffix."""
        return Path(self.item.path).stem


def sounds(data: Path, per_class: int | None = None) -> list[HeldOutSound]:
    """The held-out sounds class by class, perhaps only the first few of each.

    Raises DataError where there are none, or none with a class.
    """
    try:
        items = pairs.read(data, "sound", "held_out")
    except DataError as error:
        told = str(error).rstrip(".")
        raise DataError(f"{told}; what is measured lies in sounds/held_out/<class>/.") from None
    return [
        HeldOutSound(item, number)
        for items_of_class in pairs.by_label(items).values()
        for number, item in enumerate(items_of_class[:per_class])
    ]


@dataclass(frozen=True, eq=False)
class RealPictures:
    """The held-out pictures of a data folder."""

    paths: Sequence[Path]
    """Their files."""
    labels: Sequence[str]
    """What they show."""
    own: Int[np.ndarray, " sound"]
    """Which of them belongs to each sound."""
    paired_by: str
    """How that is known: `name`, where every sound has a picture of its own, else `class`."""


def real_pictures(data: Path, heard: Sequence[HeldOutSound]) -> RealPictures:
    """The held-out pictures of the sounds' classes, and which of them belongs to which sound.

    The picture of a sound bears its name and class, as a frame of the same video does. Where even one has none, all are
    paired by class: sound n of a class with its picture n, and again from the first when there are too few.

    Raises DataError where there are no pictures, or none of a class.
    """
    classes = {sound.label for sound in heard}
    items = [item for item in pairs.read(data, "picture", "held_out") if item.label in classes]
    missing = sorted(classes - {item.label for item in items})
    if missing:
        raise DataError(f"{data}: holds no held-out picture of {', '.join(missing)}; add some, or measure without.")
    place = {(item.label, Path(item.path).stem): number for number, item in enumerate(items)}
    named = [place.get((sound.label, sound.stem)) for sound in heard]
    of_class = {label: [n for n, item in enumerate(items) if item.label == label] for label in classes}
    in_turn = [of_class[sound.label][sound.number % len(of_class[sound.label])] for sound in heard]
    found = [number for number in named if number is not None]
    by_name = len(found) == len(heard)
    return RealPictures(
        [data / item.path for item in items],
        [item.label for item in items],
        np.array(found if by_name else in_turn),
        "name" if by_name else "class",
    )
