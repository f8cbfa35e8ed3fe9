"""Fréchet inception distance (FID): how far apart two sets of pictures are, by the mean and spread of their features.

Heusel et al.: "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017), equation 6:

    |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2))

It is defined by one network alone: TensorFlow's Inception of 2015-12-05, 2048 features. Its value falls with the number
of pictures, for a covariance of few samples is too rough: only distances of equally many pictures compare.

CLIP-FID is the same distance of CLIP ViT-B/32's 512 features, as they come and not normalised (Kynkäänniemi et al.:
"The Role of ImageNet Classes in Fréchet Inception Distance", 2023; clean-fid).
"""

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.moments import Moments
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows
from hearsight.evaluation.spread import around

DRAWS = 20
"""Sets drawn again for the interval; each costs as much as the distance itself."""


def frechet_inception_distance(
    real: Rows, drawn: Rows, network: FeatureNetwork, *, metric: str = "FID", draws: int = DRAWS, seed: int = 0
) -> Result:
    """The distance of drawn pictures from real ones.

    Its interval is the value -+ 1.96 deviations of what `draws` sets of drawn pictures give that were drawn again with
    replacement. A set drawn again has pictures twice and lies further away, so their quantiles would be off.

    Raises DataError where there are too few pictures, see `require_enough`.
    """
    require_enough(len(real), len(drawn), network.width, metric)
    reference = Moments.of(real)
    root = _root(reference.covariance)
    value = _distance(reference, root, Moments.of(drawn))
    random = np.random.default_rng(seed)
    again = []
    for _ in range(draws):
        times = np.bincount(random.integers(0, len(drawn), len(drawn)), minlength=len(drawn))
        again.append(_distance(reference, root, Moments.of(drawn, times)))
    return Result(
        network.named(metric),
        value,
        "lower",
        len(drawn),
        network.name,
        network.weights_sha256,
        around(value, again),
        {"real pictures": len(real), "features": network.width, "drawn again": draws},
    )


def require_enough(real: int, drawn: int, width: int, metric: str = "FID") -> None:
    """Raises DataError for so few pictures that a covariance of `width` features has no full rank; KID needs fewer."""
    if min(real, drawn) > width:
        return
    raise DataError(
        f"{drawn} drawn and {real} real pictures: {metric}'s covariance of {width} features needs more than {width} "
        f"of each; draw more (--count), or ask for kid, which is unbiased with few: it would give the mean of "
        f"subsets of {min(real, drawn, 1000)} and an interval."
    )


def frechet_distance(a: Float[np.ndarray, "picture feature"], b: Float[np.ndarray, "picture feature"]) -> float:
    """The distance of two sets of features, in float64, however few.

    Raises DataError for sets of fewer than two pictures, or of features of different widths.
    """
    if min(len(a), len(b)) < 2 or a.shape[1] != b.shape[1]:
        raise DataError(
            f"features {list(a.shape)} and {list(b.shape)}: a distance needs two sets of at least two pictures with "
            "equally many features."
        )
    reference = Moments.of(a)
    return _distance(reference, _root(reference.covariance), Moments.of(b))


def _root(covariance: Float[np.ndarray, "feature feature"]) -> Float[np.ndarray, "feature feature"]:
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def _distance(a: Moments, root: Float[np.ndarray, "feature feature"], b: Moments) -> float:
    """The distance, given the root of a's covariance.

    tr (C_1 C_2)^(1/2) is the sum of the roots of the eigenvalues of C_1^(1/2) C_2 C_1^(1/2), which is symmetric: unlike
    a general matrix root it is real and finite also where there are fewer pictures than features.
    """
    overlap = np.sqrt(np.linalg.eigvalsh(root @ b.covariance @ root).clip(min=0)).sum()
    apart = np.square(a.mean - b.mean).sum()
    return float(apart + np.trace(a.covariance) + np.trace(b.covariance) - 2 * overlap)
