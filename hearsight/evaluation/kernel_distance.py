"""Kernel inception distance (KID): how far apart two sets of pictures are, without assuming anything of their shape.

Binkowski, Sutherland, Arbel, Gretton: "Demystifying MMD GANs" (2018), section 4: the unbiased squared maximum mean
discrepancy of Inception's features under the kernel k(x, y) = (x.y / d + 1)^3, averaged over subsets of both sets:

    1/(m (m-1)) sum_{i != j} (k(x_i, x_j) + k(y_i, y_j)) - 2/m^2 sum_{i, j} k(x_i, y_j)

Unlike FID it means the same with few pictures; it may even be a little below zero. The spread between subsets, which
others report, is no confidence: it is zero as soon as a subset holds all there is. The interval here comes from what
each drawn picture adds to the distance (first-order jackknife).
"""

import numpy as np
from jaxtyping import Float

from hearsight.errors import DataError
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows, chosen
from hearsight.evaluation.spread import within

SUBSETS = 100
SUBSET_SIZE = 1000


def kernel_inception_distance(
    real: Rows,
    drawn: Rows,
    network: FeatureNetwork,
    *,
    subsets: int = SUBSETS,
    subset_size: int = SUBSET_SIZE,
    seed: int = 0,
) -> Result:
    """The distance of drawn pictures from real ones, the mean over random subsets of at most `subset_size`.

    Raises DataError for fewer than two pictures on either side.
    """
    size = min(len(real), len(drawn), subset_size)
    if size < 2:
        raise DataError(f"KID: {len(drawn)} drawn and {len(real)} real pictures, where two of each are needed.")
    if size == len(real) == len(drawn):
        subsets = 1  # every subset is the whole
    random = np.random.default_rng(seed)
    values, adds, times = [], np.zeros(len(drawn)), np.zeros(len(drawn))
    for _ in range(subsets):
        some, others = (np.sort(random.choice(len(rows), size, replace=False)) for rows in (drawn, real))
        value, added = discrepancy(chosen(drawn, some), chosen(real, others))
        values.append(value)
        adds[some] += added
        times[some] += 1
    own = (adds / times.clip(min=1))[times > 0]
    value, deviation = float(np.mean(values)), float(own.std(ddof=1) / np.sqrt(len(drawn)))
    details: dict[str, float] = {"real pictures": len(real), "subsets": subsets, "pictures in a subset": size}
    details["deviation between subsets"] = float(np.std(values))
    return Result(
        network.named("KID"),
        value,
        "lower",
        len(drawn),
        network.name,
        network.weights_sha256,
        within(value, deviation),
        details,
    )


def discrepancy(
    x: Float[np.ndarray, "m feature"], y: Float[np.ndarray, "n feature"]
) -> tuple[float, Float[np.ndarray, " m"]]:
    """(the unbiased squared discrepancy of two sets, how far each x pulls it)."""
    alike, other, across = kernel(x, x), kernel(y, y), kernel(x, y)
    near = (alike.sum(axis=1) - np.diag(alike)) / (len(x) - 1)
    theirs = (other.sum() - np.trace(other)) / (len(y) * (len(y) - 1))
    return float(near.mean() + theirs - 2 * across.mean()), 2 * (near - across.mean(axis=1))


def kernel(a: Float[np.ndarray, "m feature"], b: Float[np.ndarray, "n feature"]) -> Float[np.ndarray, "m n"]:
    """The cubic kernel of every two rows."""
    return (a @ b.T / a.shape[1] + 1) ** 3
