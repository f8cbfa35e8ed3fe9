"""How far a mean over answers may be off, because it was taken over these raters and these sounds and not over others.

Answers of one rater resemble each other, and so do answers about one picture: drawing single answers again would
promise far too narrow an interval. Raters and items are therefore drawn again, each with replacement, and an answer
counts as often as its rater times its item (the pigeonhole bootstrap: A. Owen, Annals of Applied Statistics, 2007).
"""

import numpy as np
from jaxtyping import Float, Int

DRAWS = 2000
AT_ONCE = 50


def crossed_interval(
    values: Float[np.ndarray, " answer"],
    raters: Int[np.ndarray, " answer"],
    items: Int[np.ndarray, " answer"],
    *,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Bootstrap interval (low, high) of the mean of the answers; None for fewer than two raters, who show no spread."""
    _, rater = np.unique(raters, return_inverse=True)
    _, item = np.unique(items, return_inverse=True)
    people, things = rater.max(initial=-1) + 1, item.max(initial=-1) + 1
    if people < 2:
        return None
    random = np.random.default_rng(seed)
    means: list[np.ndarray] = []
    for _ in range(DRAWS // AT_ONCE):
        weights = _drawn(people, random)[:, rater] * _drawn(things, random)[:, item]  # [draw, answer]
        total = weights.sum(axis=1)
        means.append((weights @ values)[total > 0] / total[total > 0])
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _drawn(number: int, random: np.random.Generator) -> Int[np.ndarray, "draw thing"]:
    """How often each of `number` things is drawn, in each of several drawings of as many."""
    return random.multinomial(number, np.full(number, 1 / number), size=AT_ONCE)
