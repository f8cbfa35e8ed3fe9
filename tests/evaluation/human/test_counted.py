import numpy as np

from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.counted import count, shortfall
from hearsight.evaluation.human.study import Candidate, Study, Trial

PICTURE = (Candidate("a.png"),)
STUDY = Study(
    "relevance",
    "",
    0,
    ("ours", "theirs"),
    1,
    2,
    (
        Trial("1", PICTURE, "ours", source="dog"),
        Trial("2", PICTURE, "theirs", source="dog"),
        Trial("3", PICTURE, "ours", source="rain"),
        Trial("check1", PICTURE, expected="4"),
    ),
)


def test_answers_lie_side_by_side_without_checks(tmp_path):
    answers = Answers(tmp_path, STUDY)
    ann, bob, _ = (answers.invite() for _ in range(3))
    for rater, said in ((ann, "5534"), (bob, "11")):
        for trial, meaning in zip(STUDY.trials, said, strict=False):
            answers.save(rater, trial.name, meaning, meaning)
    found = count(STUDY, answers)
    assert [(one.rater, one.meaning) for one in found.answers] == [(1, "5"), (1, "5"), (1, "3"), (2, "1"), (2, "1")]
    assert found.rater.tolist() == [1, 1, 1, 2, 2]
    assert found.item.tolist() == [0, 0, 1, 0, 0]  # what two systems drew of one dog is one item
    assert found.unit.tolist() == [0, 1, 2, 0, 1]
    assert found.raters.invited == 3
    assert (found.raters.answered, found.raters.finished) == ((1, 2), (1,))
    assert shortfall(STUDY, found) == "1 of 3 trials have fewer than 2 raters (fewest: 1)"
    ours = found.where(np.array([trial.method == "ours" for trial in found.trials]))
    assert [one.trial for one in ours.answers] == ["1", "3", "1"]
