"""Features of pictures, a few rows at a time: in memory or on disk, so that there may be any number of them."""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Int

BLOCK = 512
"""Rows that are looked at together. A fixed number: sums then come out the same wherever the rows lie."""


class Rows(Protocol):
    """[picture, feature]; an array is one, and so is what lies on disk."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(pictures, features)"""

    def __len__(self) -> int:
        """How many pictures."""

    def __getitem__(self, chosen: Any) -> Any:
        """The features of the pictures in a slice or in an array of their numbers."""


def blocks(rows: Rows) -> Iterator[tuple[slice, Float[np.ndarray, "some feature"]]]:
    """All rows in order, as (which, their features in float64)."""
    for start in range(0, len(rows), BLOCK):
        some = slice(start, min(start + BLOCK, len(rows)))
        yield some, np.asarray(rows[some], dtype=np.float64)


def chosen(rows: Rows, numbers: Int[np.ndarray, " some"]) -> Float[np.ndarray, "some feature"]:
    """The rows with these numbers, in float64."""
    return np.asarray(rows[numbers], dtype=np.float64)
