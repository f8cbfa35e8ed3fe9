"""Of many things, how like its own picture is each, and how much more than unlike ones? The base of AIS and IIS.

Two definitions are published, and they even look the other way. For a picture and the thing it was drawn for:

- the share of comparisons won (AudioToken, section 2.2): the *picture* stays and other *things* of the data take the
  place of its own; the share of them that are less like it. 50 % is chance.
- the mean cosine, and its z-score (MACS, 2025): the *thing* stays and *pictures* drawn for other things take the place
  of its own; the cosine minus their mean, over their population deviation.

AudioToken compares with "arbitrary" things and does not say how many; here it is all others, which is what any number
of random ones comes to. Only cosines are held in memory, two numbers per picture; features are read in blocks.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from hearsight.errors import DataError
from hearsight.evaluation.result import Result
from hearsight.evaluation.rows import Rows, blocks


@dataclass(frozen=True, eq=False)
class PairedSimilarity:
    """How every picture compares."""

    cosine: Float[np.ndarray, " picture"]
    """With its own thing."""
    won: Float[np.ndarray, " picture"]
    """Share of the other things that are less like the picture than its own; a tie counts half."""
    z: Float[np.ndarray, " picture"]
    """The cosine in deviations from those of its own thing with pictures of others."""

    def results(self, metric: str, network: str, weights: str, **details: object) -> list[Result]:
        """Share won, mean cosine and mean z-score, each with a bootstrap interval over pictures."""
        named = ((f"{metric} (share won)", self.won), (f"{metric} (cosine)", self.cosine), (f"{metric} (z)", self.z))
        return [Result.mean(name, values, network, weights, dict(details)) for name, values in named]


def compare(pictures: Rows, things: Rows, own: Int[np.ndarray, " picture"]) -> PairedSimilarity:
    """Compare embeddings of pictures with those of things; `own` says for which thing each picture was drawn.

    Raises DataError for fewer than two things, or things whose pictures are all there is.
    """
    if len(np.unique(own)) < 2 or len(things) < 2:
        raise DataError(
            f"{len(pictures)} pictures of {len(np.unique(own))} things: a comparison needs others; draw at least two."
        )
    cosine = np.concatenate([(_unit(rows) * _unit(things[own[some]])).sum(axis=1) for some, rows in blocks(pictures)])
    won = np.zeros(len(pictures))
    total, squares, count = np.zeros(len(things)), np.zeros(len(things)), np.zeros(len(things))
    for some, rows in blocks(pictures):
        left = _unit(rows)
        for others, columns in blocks(things):
            alike = left @ _unit(columns).T
            apart = own[some][:, None] != np.arange(others.start, others.stop)
            above = cosine[some][:, None] - alike
            won[some] += ((above > 0) + 0.5 * (above == 0))[:, :].sum(axis=1, where=apart)
            total[others] += alike.sum(axis=0, where=apart)
            squares[others] += np.square(alike).sum(axis=0, where=apart)
            count[others] += apart.sum(axis=0)
    mean = total[own] / count[own]
    deviation = np.sqrt((squares[own] / count[own] - mean**2).clip(min=0))
    z = np.divide(cosine - mean, deviation, out=np.zeros_like(cosine), where=deviation > 1e-9)
    return PairedSimilarity(cosine, won / (len(things) - 1), z)


def _unit(rows: Float[np.ndarray, "row feature"]) -> Float[np.ndarray, "row feature"]:
    wide = np.asarray(rows, dtype=np.float64)
    return wide / np.linalg.norm(wide, axis=1, keepdims=True).clip(min=1e-12)
