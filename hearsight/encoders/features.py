"""What a system asks of an ear whose features become words: tokens of each sound, as many for every sound."""

from collections.abc import Sequence
from typing import Protocol

from jaxtyping import Float
from torch import Tensor

from hearsight.sound.sound import Sound


class FeatureEncoder(Protocol):
    """BEATs, x-vectors, or anything else that hears so."""

    @property
    def width(self) -> int:
        """Channels of a token."""

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound token width"]:
        """The tokens of every sound; its row never depends on the others."""
