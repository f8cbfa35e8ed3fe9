import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.bootstrap import interval


def test_the_interval_is_that_of_the_standard_error():
    values = np.random.default_rng(0).normal(3.0, 2.0, 400)
    low, high = interval([values])
    assert low < values.mean() < high
    # A mean of 400 values of deviation 2 has the standard error 0.1, and 95 % lie within 1.96 of them.
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_groups_weigh_the_same_however_many_values_they_have():
    low, high = interval([np.ones(1000), np.zeros(10)])
    assert (low, high) == (0.5, 0.5)


def test_what_differs_only_between_groups_is_certain():
    wide = interval([np.array([0.0, 1.0] * 5)])
    assert wide[1] - wide[0] > 0.4
    assert interval([np.zeros(5), np.ones(5)]) == (0.5, 0.5)


def test_a_smaller_level_is_narrower_and_the_seed_decides():
    values = np.arange(20.0)
    assert interval([values]) == interval([values])
    assert interval([values], seed=1) != interval([values])
    low, high = interval([values])
    inner_low, inner_high = interval([values], level=0.5)
    assert low < inner_low < inner_high < high


@pytest.mark.parametrize("groups", [[], [np.ones(3), np.empty(0)]])
def test_nothing_has_no_mean(groups):
    with pytest.raises(DataError, match="without values"):
        interval(groups)
