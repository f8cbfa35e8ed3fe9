import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.querying import querying_with_pictures, querying_with_texts


def test_the_nearest_text_is_the_prediction(network) -> None:
    sounds = np.array([[1.0, 0.1], [0.2, 0.9], [0.4, 0.5], [0.9, 0.0]])
    result = querying_with_texts(sounds, ["a", "b", "a", "a"], np.eye(2), ["a", "b"], network(2))
    assert (result.metric, result.value, result.samples) == ("querying accuracy (text)", 0.75, 4)


def test_a_query_set_holds_the_own_picture_and_one_of_every_other_class(network) -> None:
    """Pictures of a point along the first axis; one of b's two is nearer to sounds of a than theirs."""
    pictures, shown = np.array([[1.0, 0.0], [0.0, 1.0], [3.0, 1.0]]), ["a", "b", "b"]
    sounds = np.array([[1.0, 0.0]] * 400 + [[0.0, 1.0]] * 100)
    heard, own = ["a"] * 400 + ["b"] * 100, np.array([0] * 400 + [1] * 100)
    result = querying_with_pictures(sounds, heard, pictures, shown, own, network(2))
    assert result.value == pytest.approx((400 * 0.5 + 100) / 500, abs=0.06)
    assert result == querying_with_pictures(sounds, heard, pictures, shown, own, network(2))


def test_pictures_of_one_class_are_refused(network) -> None:
    with pytest.raises(DataError, match="pictures of a alone"):
        querying_with_pictures(np.ones((1, 2)), ["a"], np.ones((1, 2)), ["a"], np.zeros(1, int), network(2))
