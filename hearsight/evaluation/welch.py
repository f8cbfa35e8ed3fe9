"""Welch's t-test: are the means of two samples different, whatever their deviations?"""

import math
import warnings
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError

LEVEL = 0.05
"""A difference counts as significant below this probability; StyleWav names no level of its own."""


@dataclass(frozen=True)
class Welch:
    """What the test says."""

    difference: float
    """Mean of the first sample less that of the second."""
    t: float
    """The statistic; infinite where neither sample varies and the means differ, 0 where they do not differ either."""
    degrees: float
    """Degrees of freedom, by Welch and Satterthwaite."""
    p: float
    """Probability of so large a difference between samples of equal means."""

    @property
    def significant(self) -> bool:
        """Whether the means are taken to be different, at `LEVEL`."""
        return self.p < LEVEL


def welch(a: Float[np.ndarray, " a"], b: Float[np.ndarray, " b"]) -> Welch:
    """The two-sided test. Raises DataError for fewer than two values in a sample."""
    if min(len(a), len(b)) < 2:
        raise DataError(f"samples of {len(a)} and {len(b)} values: a test needs two of each; give more.")
    a, b = a.astype(np.float64), b.astype(np.float64)
    difference = float(a.mean() - b.mean())
    if np.ptp(a) == np.ptp(b) == 0:  # scipy has no answer to samples that do not vary
        apart = a[0] != b[0]
        return Welch(difference, math.copysign(math.inf, difference) if apart else 0.0, math.nan, 0.0 if apart else 1.0)
    from scipy.stats import ttest_ind

    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # if one sample does not vary, so be it
        result = ttest_ind(a, b, equal_var=False)
    return Welch(difference, float(result.statistic), float(result.df), float(result.pvalue))
