import json

import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.results import report
from hearsight.evaluation.human.study import Candidate, Study, Trial
from hearsight.evaluation.human.table import table

RIGHT = (Candidate("a.png", "positive"), Candidate("b.png", "negative"))
CHECK = Trial("check1", (Candidate("c.png", "right"), Candidate("d.png", "wrong")), expected="right")


def trials(repetitions=1, candidates=RIGHT, method="ours", count=4):
    return tuple(
        Trial(f"{method}{repetition}{number}", candidates, method, source=f"{number}", repetition=repetition)
        for repetition in range(repetitions)
        for number in range(count)
    )


def answered(folder, study, said):
    """The answers of a study, `said` by one rater after the other: meanings in the order of their trials."""
    answers = Answers(folder, study)
    for meanings in said:
        rater = answers.invite()
        asked = study.of_repetition(rater.repetition)
        for trial, meaning in zip(asked, meanings, strict=False):
            answers.save(rater, trial.name, meaning, "left", 2.0)
    return answers


def test_match_is_the_table_of_wavbrivl(tmp_path):
    study = Study("match", "", 0, ("ours",), 3, 1, (*trials(3), CHECK))
    said = [["positive"] * 4, ["positive"] * 3 + ["negative"], ["positive", "negative", "neither", "positive"]]
    found = report(study, answered(tmp_path, study, said))
    (row,) = found.rows
    positive, negative, neither = row.shares
    assert [one.answer for one in row.shares] == ["positive", "negative", "neither"]
    assert (positive.percent, positive.repetitions) == (75.0, (100.0, 75.0, 50.0))
    assert (negative.repetitions, neither.repetitions) == ((0.0, 25.0, 25.0), (0.0, 0.0, 25.0))
    assert positive.interval[0] < 75 < positive.interval[1]
    assert found.agreement[0].alpha is None  # one rater a repetition
    text = table(found)
    assert "50 - 100 %" in text
    assert "75.0 %" in text
    assert json.loads(json.dumps(found.plain()))["rows"][0]["answers"] == 12


def test_relevance_is_the_comparison_of_audiotoken(tmp_path):
    one = (Candidate("a.png"),)
    study = Study(
        "relevance", "", 0, ("ours", "theirs"), 1, 3, (*trials(1, one, "ours", 2), *trials(1, one, "theirs", 2))
    )
    found = report(study, answered(tmp_path, study, [["5", "4", "2", "1"], ["5", "3", "2", "2"], ["4", "4", "1", "1"]]))
    ours, theirs = found.rows
    ratings = np.array([5, 4, 5, 3, 4, 4])
    assert (ours.mean, ours.deviation) == (pytest.approx(25 / 6), pytest.approx(ratings.std(ddof=1)))
    assert ours.deviation_of_pictures == pytest.approx(np.std([14 / 3, 11 / 3], ddof=1))
    assert (ours.pictures, ours.ratings, ours.fewest_raters) == (2, 6, 3)
    assert ours.interval[0] > theirs.interval[1]
    assert [one.level for one in found.agreement] == ["ordinal", "interval"]
    assert all(0.5 < one.alpha < 1 for one in found.agreement)
    assert "4.17 ± 0.75" in table(found)


def test_fewer_raters_than_the_paper_asks_for_give_no_result(tmp_path):
    study = Study("relevance", "", 0, ("ours",), 1, 17, trials(1, (Candidate("a.png"),)))
    answers = answered(tmp_path, study, [["3"] * 4] * 16 + [["3", "4", "3"]])
    with pytest.raises(DataError, match=r"1 of 4 trials have fewer than 17 raters \(fewest: 16\)"):
        report(study, answers)
    assert "PRELIMINARY: 1 of 4" in table(report(study, answers, preliminary=True))
    answers.save(answers.raters()[-1], "ours03", "3", "3")
    assert report(study, answers).short == ""


def test_preference_counts_who_was_chosen(tmp_path):
    pair = (Candidate("a.png", "ours"), Candidate("b.png", "theirs"))
    study = Study("preference", "", 0, ("ours", "theirs"), 1, 1, trials(1, pair, ""))
    found = report(
        study, answered(tmp_path, study, [["ours"] * 3 + ["neither"], ["ours", "ours", "theirs", "neither"]])
    )
    (row,) = found.rows
    assert row.compared == ("ours", "theirs")
    assert [(one.answer, one.percent) for one in row.shares] == [("ours", 62.5), ("theirs", 12.5), ("neither", 25.0)]
    assert found.agreement[0].pairs == pytest.approx(0.75)
    assert "no preference" in table(found)


def test_who_fails_a_check_is_marked_and_can_be_left_out(tmp_path):
    study = Study("match", "", 0, ("ours",), 1, 1, (*trials(), CHECK))
    good, blind = ["positive"] * 4 + ["right"], ["negative"] * 4 + ["wrong"]
    answers = answered(tmp_path, study, [good, good, blind])
    both, attentive = report(study, answers), report(study, answers, attentive_only=True)
    assert both.raters.inattentive == attentive.raters.inattentive == (3,)
    assert (both.raters.counted, attentive.raters.counted) == ((1, 2, 3), (1, 2))
    assert both.rows[0].shares[0].percent == pytest.approx(200 / 3)
    assert attentive.rows[0].shares[0].percent == 100
    assert "counted here: rater 3" in table(both)
    assert "left out: rater 3" in table(attentive)
    answers.save(answers.raters()[2], "check1", "right", "left")  # corrected
    assert report(study, answers).raters.inattentive == ()


def test_nobody_answered(tmp_path):
    study = Study("match", "", 0, ("ours",), 1, 1, trials())
    with pytest.raises(DataError, match="4 of 4 trials have no rater yet"):
        report(study, Answers(tmp_path, study))
    with pytest.raises(DataError, match="nobody has answered"):
        report(study, Answers(tmp_path, study), preliminary=True)
