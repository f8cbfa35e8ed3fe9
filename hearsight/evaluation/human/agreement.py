"""How far raters agree, beyond what chance would give: Krippendorff's alpha.

K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011. alpha = 1 - D_o / D_e: the disagreement observed
within units over that expected if answers were dealt to the units at random. 1 is perfect agreement, 0 is chance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

Level = Literal["nominal", "ordinal", "interval"]
DRAWS = 2000


@dataclass(frozen=True)
class Agreement:
    """How far raters agree."""

    level: Level
    """Which differences between answers count, and how much."""
    alpha: float | None
    """Krippendorff's alpha; None where no unit has two answers, or all answers are the same."""
    interval: tuple[float, float] | None
    """Where it lies with 95 % confidence, given other units of the same sort."""
    pairs: float | None
    """The share of pairs of answers to one unit that are the same; None where there is no pair."""


def agreement(
    answers: Int[np.ndarray, " answer"], units: Int[np.ndarray, " answer"], level: Level, *, seed: int = 0
) -> Agreement:
    """Agreement of the `answers`, numbers of categories or ranks, to `units`; each rater answers a unit at most once.

    The interval is a bootstrap over units (percentiles of 2000 drawings).
    """
    values, coded = np.unique(answers, return_inverse=True)
    places, unit = np.unique(units, return_inverse=True)
    counts = np.zeros((len(places), len(values)))
    np.add.at(counts, (unit, coded), 1)
    coincidences = _coincidences(counts)
    total = coincidences.sum(axis=0)
    return Agreement(
        level=level,
        alpha=alpha(total, values, level),
        interval=_interval(coincidences, values, level, seed),
        pairs=float(np.trace(total) / total.sum()) if total.any() else None,
    )


def alpha(
    coincidences: Float[np.ndarray, "value value"], values: Sequence[float] | np.ndarray, level: Level
) -> float | None:
    """Krippendorff's alpha of a coincidence matrix; None where nothing can be disagreed about."""
    marginals = coincidences.sum(axis=0)
    distance = DISTANCES[level](np.asarray(values, dtype=np.float64), marginals)
    expected = (np.outer(marginals, marginals) * distance).sum()
    if not expected:
        return None
    return float(1 - (marginals.sum() - 1) * (coincidences * distance).sum() / expected)


def _coincidences(counts: Float[np.ndarray, "unit value"]) -> Float[np.ndarray, "unit value value"]:
    """Ordered pairs of answers to each unit, every answer weighing one; a single answer pairs with nothing."""
    number = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    result: np.ndarray = pairs / np.maximum(number - 1, 1)[:, None, None]
    return result


def _interval(
    coincidences: Float[np.ndarray, "unit value value"], values: np.ndarray, level: Level, seed: int
) -> tuple[float, float] | None:
    some = coincidences[coincidences.any(axis=(1, 2))]
    if len(some) < 2:
        return None
    random = np.random.default_rng(seed)
    drawn = (some[random.integers(len(some), size=len(some))].sum(axis=0) for _ in range(DRAWS))
    again = [value for value in (alpha(one, values, level) for one in drawn) if value is not None]
    if not again:
        return None
    low, high = np.quantile(again, [0.025, 0.975])
    return float(low), float(high)


def _nominal(values: np.ndarray, marginals: np.ndarray) -> Float[np.ndarray, "value value"]:
    return (values[:, None] != values[None, :]).astype(np.float64)


def _ordinal(values: np.ndarray, marginals: np.ndarray) -> Float[np.ndarray, "value value"]:
    """The answers that lie between two ranks, the ranks themselves counting half."""
    middle = np.cumsum(marginals) - marginals / 2
    result: np.ndarray = (middle[:, None] - middle[None, :]) ** 2
    return result


def _interval_distance(values: np.ndarray, marginals: np.ndarray) -> Float[np.ndarray, "value value"]:
    result: np.ndarray = (values[:, None] - values[None, :]) ** 2
    return result


DISTANCES: dict[Level, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval_distance,
}
"""Squared differences between answers; `values` are in ascending order."""
