"""Retrieval: are the right things among the nearest?

Every query is compared with every candidate. Ties are broken against the network: a right answer comes after all wrong
ones that are as near. One that finds everything alike then has recalled nothing, instead of all or a matter of luck.

    found = retrieve(sounds @ pictures.T, same_class(heard, shown))
    found.recall(1), found.mean_average_precision, found.interval(found.hits(1))
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from hearsight.errors import DataError
from hearsight.evaluation import bootstrap
from hearsight.seeds import derive


@dataclass(frozen=True, eq=False)
class Retrieval:
    """How well every query found what it asked for."""

    ranks: Int[np.ndarray, " query"]
    """Place of the first right answer, counted from 1."""
    precisions: Float[np.ndarray, " query"]
    """Average precision."""

    def hits(self, k: int) -> Float[np.ndarray, " query"]:
        """1 for each query with a right answer among its `k` nearest candidates, 0 for the others."""
        return (self.ranks <= k).astype(np.float64)

    def recall(self, k: int) -> float:
        """Recall@k as in cross-modal retrieval: the share of queries with a right answer among the `k` nearest."""
        return float(self.hits(k).mean())

    @property
    def mean_average_precision(self) -> float:
        """mAP: the mean over queries of the average precision."""
        return float(self.precisions.mean())

    def interval(
        self, values: Float[np.ndarray, " query"], level: float = 0.95, draws: int = 2000, seed: int = 0
    ) -> tuple[float, float]:
        """Bootstrap confidence interval, over queries, of the mean of `values`: `hits(k)` or `precisions`."""
        return bootstrap.interval([values], level=level, draws=draws, seed=seed)


def retrieve(
    similarity: Float[np.ndarray, "query candidate"], relevant: Bool[np.ndarray, "query candidate"]
) -> Retrieval:
    """Rank the candidates of every query, the most similar first; `relevant` is True for the right answers.

    The average precision of a query is the mean, over its right answers, of the share of right answers among all that
    are ranked as high or higher. Raises DataError for a query without a right answer and for a similarity that is no
    finite number.
    """
    if similarity.shape != relevant.shape:
        raise DataError(f"similarities {list(similarity.shape)} and answers {list(relevant.shape)}: give equal shapes.")
    if not similarity.size or not relevant.any(axis=1).all():
        raise DataError(
            f"{int((~relevant.any(axis=1)).sum())} of {len(similarity)} queries have no right answer among "
            f"{similarity.shape[1]} candidates; leave them out, or add candidates."
        )
    if not np.isfinite(similarity).all():
        raise DataError("a similarity is not a finite number, so there is no nearest; look for broken embeddings.")
    ranks = np.empty(len(similarity), dtype=np.int64)
    precisions = np.empty(len(similarity))
    for query, (scores, right) in enumerate(zip(similarity, relevant, strict=True)):
        places = 1 + np.flatnonzero(right[np.lexsort((right, -scores))])  # by score, among equals the wrong ones first
        ranks[query] = places[0]
        precisions[query] = (np.arange(1, len(places) + 1) / places).mean()
    return Retrieval(ranks, precisions)


def same_class(queries: Sequence[str], candidates: Sequence[str]) -> Bool[np.ndarray, "query candidate"]:
    """True where query and candidate have the same label."""
    return np.array(queries)[:, None] == np.array(candidates)[None, :]


def content_based(
    real: Float[np.ndarray, "real feature"],
    real_labels: Sequence[str],
    generated: Float[np.ndarray, "generated feature"],
    generated_labels: Sequence[str],
    *,
    per_class: int = 2,
    seed: int = 0,
) -> Retrieval:
    """Real pictures that look for generated ones of their class (S2IGAN, section 2.4: its mAP).

    Of every class `per_class` real pictures, drawn at random, are the queries; all generated pictures are candidates,
    compared by the cosine of their features (in the paper, those of an Inception-v3 of ImageNet).

    Raises DataError for a class with fewer real pictures, or with no generated one.
    """
    chosen = query_pool(real_labels, per_class=per_class, seed=seed)
    asked = [real_labels[number] for number in chosen]
    return retrieve(cosine(real[chosen], generated), same_class(asked, generated_labels))


def query_pool(labels: Sequence[str], *, per_class: int = 2, seed: int = 0) -> Int[np.ndarray, " query"]:
    """Which of the pictures with these labels are queries: `per_class` of every class, whatever the other classes are.

    Raises DataError for a class with fewer pictures.
    """
    chosen = []
    for label in sorted(set(labels)):
        own = np.flatnonzero(np.array(labels) == label)
        if len(own) < per_class:
            raise DataError(f"{label}: {len(own)} real pictures, where {per_class} are to be queries; add some.")
        chosen.append(np.random.default_rng(derive(seed, label)).choice(own, per_class, replace=False))
    return np.sort(np.concatenate(chosen)) if chosen else np.empty(0, dtype=np.int64)


def cosine(
    a: Float[np.ndarray, "query feature"], b: Float[np.ndarray, "candidate feature"]
) -> Float[np.ndarray, "query candidate"]:
    """The cosine of every two rows, in float64; NaN for a row of zeros, which points nowhere."""
    with np.errstate(invalid="ignore"):
        left, right = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (np.float64(a), np.float64(b)))
    return left @ right.T
