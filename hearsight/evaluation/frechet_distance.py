"""Fréchet inception distance (FID): how far apart two sets of pictures are, by the mean and spread of their features.

Heusel et al.: "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium" (2017), equation 6:

    |m_1 - m_2|^2 + tr(C_1 + C_2 - 2 (C_1 C_2)^(1/2))
"""

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError


def frechet_distance(a: Float[np.ndarray, "picture feature"], b: Float[np.ndarray, "picture feature"]) -> float:
    """The distance of two sets of features (of pytorch-fid's Inception, 2048 each, for FID), in float64.

    tr (C_1 C_2)^(1/2) is the sum of the roots of the eigenvalues of C_1^(1/2) C_2 C_1^(1/2), which is symmetric: unlike
    a general matrix root it is real and finite also where there are fewer pictures than features.

    Raises DataError for sets of fewer than two pictures, or of features of different widths.
    """
    if min(len(a), len(b)) < 2 or a.shape[1] != b.shape[1]:
        raise DataError(
            f"features {list(a.shape)} and {list(b.shape)}: a distance needs two sets of at least two pictures with "
            "equally many features."
        )
    a, b = a.astype(np.float64), b.astype(np.float64)
    spread_a, spread_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(np.atleast_2d(spread_a))
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    overlap = np.sqrt(np.linalg.eigvalsh(root @ np.atleast_2d(spread_b) @ root).clip(min=0)).sum()
    apart = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    return float(apart + np.trace(np.atleast_2d(spread_a)) + np.trace(np.atleast_2d(spread_b)) - 2 * overlap)
