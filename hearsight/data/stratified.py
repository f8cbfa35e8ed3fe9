"""Stratified sampling: every class counts equally, however many sounds or pictures it has (thesis, section 4.3.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int

from hearsight.data import pairs
from hearsight.data.pairs import Kind, Split


def stratified(classes: int, batch: int, random: np.random.Generator) -> Int[np.ndarray, " batch"]:
    """The class of every item of a batch, in random order: no class comes up two times more than another.

    Where `batch` is no multiple of `classes`, chance decides which classes come up once more. A batch no larger than
    the number of classes therefore holds none of them twice.
    """
    whole, rest = divmod(batch, classes)
    drawn = np.repeat(np.arange(classes), whole)
    if rest:
        drawn = np.concatenate((drawn, random.permutation(classes)[:rest]))
    return random.permutation(drawn)


def grouped(classes: Sequence[int], count: int) -> tuple[Int[np.ndarray, " some"], ...]:
    """The places of every one of `count` classes in a list of classes."""
    order = np.argsort(classes, kind="stable")
    return tuple(np.split(order, np.cumsum(np.bincount(classes, minlength=count))[:-1]))


@dataclass(frozen=True, eq=False)
class ClassFiles:
    """The files of every class, known by name only: a data set of any size takes no memory."""

    paths: tuple[tuple[Path, ...], ...]
    """Of each class, sorted."""
    labels: tuple[str, ...]
    """Class names, sorted."""

    @classmethod
    def find(cls, folder: Path, kind: Kind, split: Split) -> "ClassFiles":
        """The sounds or pictures of `split` in a data folder. Raises DataError if there are none."""
        groups = pairs.by_label(pairs.read(folder, kind, split))
        return cls(tuple(tuple(folder / item.path for item in items) for items in groups.values()), tuple(groups))

    def draw(self, label: int, random: np.random.Generator) -> Path:
        """A random file of a class; each is equally likely."""
        return self.paths[label][random.integers(len(self.paths[label]))]
