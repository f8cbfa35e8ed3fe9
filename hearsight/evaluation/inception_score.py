"""Inception score: are pictures each clearly of some class, and together of many?

Salimans et al.: "Improved Techniques for Training GANs" (2016), section 4: exp of the mean over pictures of
KL(p(class | picture) || p(class)).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError


class InceptionScore(NamedTuple):
    """The score over the splits of a set of pictures."""

    mean: float
    """from 1 to the number of classes; larger is better"""
    deviation: float
    """between splits (population standard deviation)"""


def inception_score(probabilities: Float[np.ndarray, "picture class"], splits: int = 10) -> InceptionScore:
    """The score of pictures with these class probabilities, in order; what does not fill the splits is left out.

    Raises DataError for fewer pictures than splits.
    """
    size = len(probabilities) // splits
    if size < 1:
        raise DataError(f"{len(probabilities)} pictures cannot make {splits} splits; give more pictures, or splits=1.")
    parts = probabilities[: size * splits].astype(np.float64).reshape(splits, size, -1)
    marginal = parts.mean(axis=1, keepdims=True)
    # What has probability 0 adds nothing, and then its marginal may be 0, too.
    ratio = np.divide(parts, marginal, out=np.ones_like(parts), where=parts > 0)
    scores = np.exp((parts * np.log(ratio)).sum(axis=2).mean(axis=1))
    return InceptionScore(float(scores.mean()), float(scores.std()))
