import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.inception_score import inception_score, measure, splits_of
from hearsight.evaluation.rows import BLOCK


def test_extremes() -> None:
    """Sure of a class each, all classes alike: their number. Never sure: 1."""
    assert inception_score(np.eye(4).repeat(5, axis=0), splits=1) == pytest.approx((4.0, 0.0))
    assert inception_score(np.full((20, 4), 0.25), splits=2) == pytest.approx((1.0, 0.0))


def test_splits_are_taken_in_order_and_what_is_left_over_dropped() -> None:
    probabilities = np.concatenate([np.eye(2).repeat(2, axis=0), np.full((4, 2), 0.5), [[0.9, 0.1]]])
    assert inception_score(probabilities, splits=2) == pytest.approx((1.5, 0.5))
    with pytest.raises(DataError, match="9 pictures cannot make 10 splits"):
        inception_score(probabilities)


def test_many_blocks_give_the_score_of_all_at_once() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.full(7, 0.3), 2 * BLOCK + 100)
    size = len(probabilities) // 3
    expected = []
    for part in np.split(probabilities[: 3 * size], 3):
        expected.append(np.exp((part * np.log(part / part.mean(axis=0))).sum(axis=1).mean()))
    assert inception_score(probabilities, splits=3) == pytest.approx((np.mean(expected), np.std(expected)))


def test_a_result_has_an_interval(network) -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.full(3, 0.3), 300)
    result = measure(probabilities, network(3, "pocket"))
    assert result.metric == "pocket inception score" and result.details["splits"] == 10
    assert result.value == inception_score(probabilities).mean
    assert result.interval[0] < result.value < result.interval[1]


def test_splits_hold_at_least_as_many_pictures_as_there_are_classes() -> None:
    assert (splits_of(300, 30), splits_of(299, 30), splits_of(30, 30)) == (10, 1, 1)
    with pytest.raises(DataError, match="29 pictures for 30 classes"):
        splits_of(29, 30)
