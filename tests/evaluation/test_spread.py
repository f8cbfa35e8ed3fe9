import numpy as np
import pytest

from hearsight.evaluation.spread import around, wilson


def test_an_interval_around_a_number() -> None:
    again = np.random.default_rng(0).normal(5, 2, 100_000)
    assert around(7.0, again) == pytest.approx((7 - 3.92, 7 + 3.92), abs=0.05)
    assert around(7.0, [1.0]) is None


def test_wilson_by_hand() -> None:
    """Known values: 5 of 5 begins at 56.55 %, 1 of 2 goes from 9.45 % to 90.55 %."""
    assert wilson(5, 5) == pytest.approx((0.5655, 1.0), abs=1e-4)
    assert wilson(1, 2) == pytest.approx((0.0945, 0.9055), abs=1e-4)
