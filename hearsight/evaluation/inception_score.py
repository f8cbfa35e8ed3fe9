"""Inception score: are pictures each clearly of some class, and together of many?

Salimans et al.: "Improved Techniques for Training GANs" (2016), section 4: exp of the mean over pictures of
KL(p(class | picture) || p(class)). The number depends on the network (ImageNet's 1000 classes, TensorFlow's 1008, or a
network of birds as in StackGAN and S2IGAN) and on the splits: it cannot exceed the number of pictures in one. Only
scores of the same network and equally many pictures and splits compare.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows, blocks
from hearsight.evaluation.spread import around

SPLITS = 10
DRAWS = 200


class InceptionScore(NamedTuple):
    """The score over the splits of a set of pictures."""

    mean: float
    """from 1 to the number of classes; larger is better"""
    deviation: float
    """between splits (population standard deviation)"""


def inception_score(probabilities: Rows, splits: int = SPLITS) -> InceptionScore:
    """The score of pictures with these class probabilities, in order; what does not fill the splits is left out.

    Raises DataError for fewer pictures than splits.
    """
    size = len(probabilities) // splits
    if size < 1:
        raise DataError(f"{len(probabilities)} pictures cannot make {splits} splits; give more pictures, or splits=1.")
    own = np.zeros(splits)  # sum of p log p
    shared = np.zeros((splits, probabilities.shape[1]))  # sum of p
    for some, rows in blocks(probabilities):
        split = np.arange(some.start, some.stop) // size
        kept = split < splits
        np.add.at(own, split[kept], _logs(rows[kept]))
        np.add.at(shared, split[kept], rows[kept])
    scores = np.exp(own / size - _logs(shared / size))
    return InceptionScore(float(scores.mean()), float(scores.std()))


def splits_of(pictures: int, classes: int) -> int:
    """Ten splits as published, where each has at least as many pictures as there are classes; else a single one.

    Raises DataError where even all pictures are fewer than the classes.
    """
    if pictures < classes:
        raise DataError(
            f"inception score: {pictures} pictures for {classes} classes, and no score exceeds the number of pictures; "
            "draw more (--count)."
        )
    return SPLITS if pictures >= SPLITS * classes else 1


def measure(probabilities: Rows, network: FeatureNetwork, *, draws: int = DRAWS, seed: int = 0) -> Result:
    """The score over `splits_of` the pictures, with an interval: how much the score of all pictures scatters when each
    is counted a random number of times (Poisson, mean 1), which is the bootstrap for a stream.
    """
    splits = splits_of(*probabilities.shape)
    score = inception_score(probabilities, splits)
    random = np.random.default_rng(seed)
    own, count, shared = np.zeros(draws), np.zeros(draws), np.zeros((draws, probabilities.shape[1]))
    for _, rows in blocks(probabilities):
        times = random.poisson(1.0, (draws, len(rows))).astype(np.float64)
        own += times @ _logs(rows)
        count += times.sum(axis=1)
        shared += times @ rows
    full = count > 0
    again = np.exp(own[full] / count[full] - _logs(shared[full] / count[full, None]))
    return Result(
        network.named("inception score"),
        score.mean,
        "higher",
        len(probabilities),
        network.name,
        network.weights_sha256,
        around(score.mean, again),
        {"splits": splits, "deviation between splits": score.deviation, "classes": probabilities.shape[1]},
    )


def _logs(p: Float[np.ndarray, "*some class"]) -> Float[np.ndarray, "*some"]:
    """The sum of p log p over classes; what has probability 0 adds nothing."""
    return (p * np.log(np.where(p > 0, p, 1))).sum(axis=-1)
