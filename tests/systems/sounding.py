"""What tests of systems let them hear, and what they look at."""

from collections.abc import Sequence

import numpy as np

from hearsight.picture import Picture
from hearsight.sound.sound import Sound


def tone(hertz: float, seconds: float = 0.5, rate: int = 16000) -> Sound:
    """A sine with its frequency as its name."""
    samples = 0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return Sound(samples[None].astype(np.float32), rate, f"{hertz:.0f} Hz")


def tones(seconds: float = 0.5, rate: int = 16000) -> list[Sound]:
    """A low one, one in the middle and a high one."""
    return [tone(hertz, seconds, rate) for hertz in (300, 1000, 4000)]


def contents(pictures: Sequence[Picture]) -> list[bytes]:
    """The bytes of every picture, to tell whether two are the same."""
    return [picture.image.tobytes() for picture in pictures]
