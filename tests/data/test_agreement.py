import pytest

from hearsight.data.agreement import disagreement, ranked
from hearsight.errors import ConfigError

SEEN = {"dog": 0.7, "rain": 0.2, "cat": 0.1, "only seen": 0.9}
HEARD = {"dog": 0.3, "rain": 0.6, "cat": 0.1, "only heard": 0.9}


def test_the_best_classes_must_have_one_in_common():
    assert disagreement(SEEN, HEARD) == "the picture shows dog (70%), the sound is rain (60%)"
    assert disagreement(SEEN, HEARD, top=2) is None
    assert disagreement(SEEN, {"dog": 0.6, "cat": 0.4}) is None


def test_classifiers_without_common_classes_are_refused():
    with pytest.raises(ConfigError, match="share 1 of 4 and 1 labels"):
        disagreement(SEEN, {"dog": 1.0})


def test_equals_are_ranked_by_name():
    assert ranked({"b": 0.5, "a": 0.5, "c": 0.9}) == ["c", "a", "b"]
