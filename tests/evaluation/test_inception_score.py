import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.inception_score import inception_score


def test_extremes() -> None:
    """Sure of a class each, all classes alike: their number. Never sure: 1."""
    assert inception_score(np.eye(4).repeat(5, axis=0), splits=1) == pytest.approx((4.0, 0.0))
    assert inception_score(np.full((20, 4), 0.25), splits=2) == pytest.approx((1.0, 0.0))


def test_splits_are_taken_in_order_and_what_is_left_over_dropped() -> None:
    probabilities = np.concatenate([np.eye(2).repeat(2, axis=0), np.full((4, 2), 0.5), [[0.9, 0.1]]])
    assert inception_score(probabilities, splits=2) == pytest.approx((1.5, 0.5))
    with pytest.raises(DataError, match="9 pictures cannot make 10 splits"):
        inception_score(probabilities)
