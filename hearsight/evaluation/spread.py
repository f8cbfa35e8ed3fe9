"""Intervals of numbers that are no mean over samples: from how much such a number scatters."""

from collections.abc import Sequence

import numpy as np

NORMAL = 1.959964
"""deviations to either side of the mean that hold 95 % of a normal distribution"""


def around(value: float, again: Sequence[float]) -> tuple[float, float] | None:
    """The value -+ 1.96 standard deviations of what it was `again`, with other samples; None for fewer than two."""
    return within(value, float(np.std(again, ddof=1))) if len(again) > 1 else None


def within(value: float, deviation: float) -> tuple[float, float]:
    """The value -+ 1.96 of its standard deviation."""
    return value - NORMAL * deviation, value + NORMAL * deviation


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `right` of `count` samples were seen (Wilson, 1927).

    Unlike a bootstrap it is no point where all samples agree: five of five right may well be 57 %.
    """
    share, square = right / count, NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    half = NORMAL / (1 + square) * ((share * (1 - share) + square / 4) / count) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)
