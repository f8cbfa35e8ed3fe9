import numpy as np
import pytest

from hearsight.evaluation.human.resampling import crossed_interval

RATERS, ITEMS = (axis.ravel() for axis in np.mgrid[:4, :25])


def test_raters_who_differ_widen_it_however_many_answers_each_gave():
    values = (RATERS >= 2).astype(float)
    low, high = crossed_interval(values, RATERS, ITEMS)
    assert low < 0.1
    assert high > 0.9


def test_and_so_do_items():
    values = (ITEMS >= 12).astype(float)
    low, high = crossed_interval(values, RATERS, ITEMS)
    share = values.mean()
    # Twenty-five items drawn again: a deviation of sqrt(p (1 - p) / 25).
    half = 1.96 * (share * (1 - share) / 25) ** 0.5
    assert (low, high) == (pytest.approx(share - half, abs=0.05), pytest.approx(share + half, abs=0.05))


def test_equal_answers_leave_no_doubt_and_one_rater_says_nothing_of_others():
    assert crossed_interval(np.full(100, 3.0), RATERS, ITEMS) == (3.0, 3.0)
    assert crossed_interval(np.arange(25.0), np.zeros(25, int), np.arange(25)) is None


def test_the_seed_decides():
    values = np.sin(np.arange(100.0))
    assert crossed_interval(values, RATERS, ITEMS, seed=1) == crossed_interval(values, RATERS, ITEMS, seed=1)
    assert crossed_interval(values, RATERS, ITEMS, seed=1) != crossed_interval(values, RATERS, ITEMS, seed=2)
