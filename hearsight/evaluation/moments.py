"""Mean and covariance of features, summed up block by block: memory for one block, however many pictures there are."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from hearsight.errors import DataError
from hearsight.evaluation.rows import Rows, blocks


@dataclass(frozen=True, eq=False)
class Moments:
    """The first two moments of a set of features, in float64."""

    count: int
    """How many pictures."""
    mean: Float[np.ndarray, " feature"]
    """Their mean."""
    covariance: Float[np.ndarray, "feature feature"]
    """Their covariance, divided by `count` - 1."""

    @classmethod
    def of(cls, rows: Rows, times: Int[np.ndarray, " picture"] | None = None) -> "Moments":
        """The moments of `rows`, each counted so many `times` (by default once).

        Blocks are joined as by Chan, Golub, LeVeque (1983): the squares are summed around each block's own mean, which
        loses no digits where the mean is large. Raises DataError for fewer than two pictures.
        """
        count, width = 0, rows.shape[1]
        mean, scatter = np.zeros(width), np.zeros((width, width))
        for some, features in blocks(rows):
            weights = np.ones(len(features)) if times is None else times[some].astype(np.float64)
            new = int(weights.sum())
            if not new:
                continue
            centre = weights @ features / new
            apart = features - centre
            step = centre - mean
            scatter += (weights[:, None] * apart).T @ apart + np.outer(step, step) * (count * new / (count + new))
            mean += step * (new / (count + new))
            count += new
        if count < 2:
            raise DataError(f"{count} pictures: a covariance needs at least two; draw more.")
        return cls(count, mean, scatter / (count - 1))
