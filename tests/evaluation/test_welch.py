import math
import warnings

import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.welch import welch


def test_the_formula_of_welch_and_satterthwaite():
    random = np.random.default_rng(0)
    a, b = random.normal(0.3, 1, 30), random.normal(0, 3, 12)
    result = welch(a, b)
    shares = [values.var(ddof=1) / len(values) for values in (a, b)]
    assert result.difference == pytest.approx(a.mean() - b.mean())
    assert result.t == pytest.approx((a.mean() - b.mean()) / math.sqrt(sum(shares)))
    degrees = sum(shares) ** 2 / (shares[0] ** 2 / 29 + shares[1] ** 2 / 11)
    assert result.degrees == pytest.approx(degrees)


def test_a_known_probability():
    # t = -sqrt(1.5) at 4 degrees of freedom, of which 28.786 % lie outside (F(x) of Student's t in closed form).
    result = welch(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0]))
    x = math.sqrt(1.5)
    outside = 1 - x / math.sqrt(4 + x**2) * (1 + 2 / (4 + x**2))
    assert (result.t, result.degrees, result.p) == pytest.approx((-x, 4, outside))
    assert not result.significant


def test_equal_means_are_found_different_as_often_as_the_level_says():
    random = np.random.default_rng(0)
    found = [welch(random.normal(0, 1, 20), random.normal(0, 4, 10)).significant for _ in range(500)]
    assert np.mean(found) == pytest.approx(0.05, abs=0.025)


def test_different_means_are_found_different():
    random = np.random.default_rng(0)
    assert welch(random.normal(0.26, 0.02, 100), random.normal(0.24, 0.02, 100)).significant


def test_samples_that_do_not_vary():
    apart, same = welch(np.ones(3), np.zeros(3)), welch(np.ones(3), np.ones(3))
    assert (apart.t, apart.p, apart.significant) == (math.inf, 0.0, True)
    assert (same.t, same.p, same.significant) == (0.0, 1.0, False)
    assert welch(np.zeros(3), np.ones(3)).t == -math.inf
    with warnings.catch_warnings(action="error"):
        assert welch(np.ones(3), np.array([0.0, 1.0, 2.0])).p == pytest.approx(1)


def test_one_value_is_no_sample():
    with pytest.raises(DataError, match="samples of 1 and 3 values"):
        welch(np.ones(1), np.ones(3))
