"""How far a mean may be off, because it was taken over these things and not over others of the same sort."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError


def interval(
    groups: Sequence[Float[np.ndarray, " value"]], *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Bootstrap confidence interval (low, high) of the mean of the groups' means.

    Values are drawn again, with replacement, within each group; a group may be a class, or everything there is. The
    bounds are quantiles of what `draws` such drawings give (Efron's percentile interval).

    Raises DataError where there is no group, or one without a value.
    """
    if not groups or not all(len(values) for values in groups):
        raise DataError("a group without values has no mean; leave it out, or measure something of it.")
    random = np.random.default_rng(seed)
    means = [np.mean([random.choice(values, len(values)).mean() for values in groups]) for _ in range(draws)]
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
