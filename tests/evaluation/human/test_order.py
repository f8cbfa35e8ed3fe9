from collections import Counter

import pytest

from hearsight.evaluation.human.order import turns
from hearsight.evaluation.human.study import Candidate, Study, Trial

PAIR = (Candidate("a.png", "positive"), Candidate("b.png", "negative"))


def study(checks=2, seed=0):
    trials = [Trial(f"{number}", PAIR, repetition=number % 2) for number in range(20)]
    trials += [Trial(f"check{number}", PAIR, expected="positive") for number in range(checks)]
    return Study("match", "", seed, ("ours",), 2, 1, tuple(trials))


def names(order):
    return [turn.trial.name for turn in order]


def test_every_rater_has_an_order_of_their_own_and_keeps_it():
    first, again, second = turns(study(), 1, 0), turns(study(), 1, 0), turns(study(), 3, 0)
    assert first == again
    assert names(first) != names(second)
    assert sorted(names(first)) == sorted(names(second))
    assert names(first) != names(turns(study(seed=1), 1, 0))


def test_a_repetition_has_its_trials_and_every_check():
    assert set(names(turns(study(), 2, 1))) == {*(str(number) for number in range(1, 20, 2)), "check0", "check1"}


@pytest.mark.parametrize("rater", range(1, 30))
def test_a_check_never_comes_first_and_sides_are_balanced(rater):
    order = turns(study(checks=8), rater, 0)
    assert not order[0].trial.expected
    assert Counter(turn.shown[0].meaning for turn in order) == {"positive": 9, "negative": 9}


def test_sides_differ_between_raters():
    shown = {rater: {turn.trial.name: turn.shown for turn in turns(study(), rater, 0)} for rater in range(1, 9)}
    assert len({shown[rater]["0"] for rater in shown}) == 2


def test_choices_and_what_they_mean():
    for turn in turns(study(), 1, 0):
        assert {turn.meaning("left"), turn.meaning("right")} == {"positive", "negative"}
        assert turn.meaning("left") == turn.shown[0].meaning
        assert all(turn.choice(turn.meaning(choice)) == choice for choice in ("left", "right", "neither"))
        assert [turn.meaning(choice) for choice in ("positive", "1", "")] == [None] * 3
    rated = Study("relevance", "", 0, ("ours",), 1, 1, (Trial("0", (Candidate("a.png"),)),))
    (turn,) = turns(rated, 1, 0)
    assert [turn.meaning(choice) for choice in ("1", "5", "6", "left", "neither", "")] == ["1", "5", *[None] * 4]
    assert turn.choice("4") == "4"
