"""Which picture of a video goes with its sound: the one that shows the label best, none where nothing moves."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from PIL import Image

Matcher = Callable[[Sequence[Image.Image], str], Float[np.ndarray, " picture"]]
"""How well each picture fits a label: more is better."""

GRID = 32
"""Pictures are compared on this many cells a side, in which the noise of compression averages out."""


class Choice(NamedTuple):
    """A frame among several."""

    place: int
    """Which one."""
    score: float | None
    """How well it fits the label; None where nobody asked."""


def frame_times(begin: float, seconds: float, per_second: float) -> list[float]:
    """`per_second` evenly spread times a second (at least one in all), each in the middle of its share of a window."""
    count = max(1, round(seconds * per_second))
    return [begin + (number + 0.5) * seconds / count for number in range(count)]


def choose_frame(pictures: Sequence[Image.Image], label: str, matcher: Matcher | None = None) -> Choice:
    """The picture that fits `label` best (AudioToken, section 3: the highest CLIP score), the first of equals.

    Without a matcher it is the one in the middle. The published code draws one of a list of informative frames that
    is not published, else any frame of the window.
    """
    if matcher is None:
        return Choice(len(pictures) // 2, None)
    scores = matcher(pictures, label)
    best = int(np.argmax(scores))
    return Choice(best, float(scores[best]))


def movement(pictures: Sequence[Image.Image]) -> float:
    """The largest change of any cell of any picture since the first, in grey levels of 255: about 0 for a still."""
    cells = np.stack([_cells(picture) for picture in pictures])
    return float(np.abs(cells - cells[0]).max())


def shrink(picture: Image.Image, short: int) -> Image.Image:
    """The picture with a short side of at most `short` pixels; its proportions stay, and it never grows."""
    factor = short / min(picture.size)
    if factor >= 1:
        return picture
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def _cells(picture: Image.Image) -> Float[np.ndarray, "grid grid"]:
    return np.asarray(picture.convert("L").resize((GRID, GRID), Image.Resampling.BOX), dtype=np.float32)
