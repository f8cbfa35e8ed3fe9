"""The part of a sound that is wanted, so that no more than it need be decoded."""

import math
from dataclasses import dataclass

from hearsight.errors import SoundError


@dataclass(frozen=True)
class Excerpt:
    """Which part of a sound is wanted: `duration` seconds from `start` on, of all channels or one."""

    start: float = 0.0
    duration: float | None = None
    channel: int | None = None
    name: str = "sound"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start) and self.start >= 0):
            raise SoundError(f"{self.name}: start={self.start} cannot be used; give seconds from 0 on.")
        if self.duration is not None and not (math.isfinite(self.duration) and self.duration > 0):
            raise SoundError(f"{self.name}: duration={self.duration} cannot be used; give seconds above 0.")

    def first(self, rate: int) -> int:
        """The index of the first frame."""
        return round(self.start * rate)

    def count(self, rate: int) -> int | None:
        """The most frames wanted, or None for all that follow."""
        return None if self.duration is None else max(1, round(self.duration * rate))

    def rows(self, channels: int) -> slice:
        """The wanted rows of [channel, time]."""
        if self.channel is None:
            return slice(None)
        if not 0 <= self.channel < channels:
            raise SoundError(
                f"{self.name}: channel={self.channel} is not there; it has {channels}, counted from 0: "
                f"give 0 to {channels - 1}."
            )
        return slice(self.channel, self.channel + 1)

    def require_inside(self, frames: int, rate: int) -> None:
        """Raises SoundError where the excerpt begins at or after the last of `frames`."""
        if 0 < frames <= self.first(rate):
            raise SoundError(
                f"{self.name}: start={self.start:g} lies beyond its end at {frames / rate:.2f} s; give a smaller start."
            )
