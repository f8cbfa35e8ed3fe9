"""What S2IGAN learns from: pictures, and what is said about each.

`SpokenBirds` draws its pictures, `SpokenFiles` reads those of published data sets.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float, Int, UInt8
from torch import Tensor

Numbers = Sequence[int] | Int[np.ndarray, " number"]
"""Some pictures, or some sentences."""


class SpokenPictures(Protocol):
    """Pictures and sentences, both by number."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, sorted."""

    @property
    def varied(self) -> bool:
        """Whether a picture looks another way each time; if not, it need be looked at only once."""

    @property
    def stamp(self) -> str:
        """Another as soon as the sentences are others."""

    @property
    def spoken(self) -> int:
        """How many sentences there are."""

    def of_class(self, label: int) -> Numbers:
        """The pictures of class number `label`."""

    def sentences(self, picture: int) -> Numbers:
        """The sentences about a picture."""

    def colours(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 side side"]:
        """A picture, 8-bit RGB."""

    def untrue(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 side side"] | None:
        """A picture that differs from this one in a single thing that is said, 8-bit RGB; None where there is none."""

    def spectrogram(self, sentence: int) -> Float[Tensor, "frame band"]:
        """A sentence as the ear takes it."""


def drawn(numbers: Numbers, random: np.random.Generator) -> int:
    """One of them, all equally likely."""
    return int(numbers[int(random.integers(len(numbers)))])
