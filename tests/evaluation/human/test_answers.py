import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hearsight.errors import DataError
from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.study import Candidate, Study, Trial

STUDY = Study(
    "relevance", "", 0, ("ours",), 3, 1, tuple(Trial(f"{number}", (Candidate("a.png"),)) for number in range(40))
)


def test_raters_have_links_of_their_own_and_are_dealt_to_the_repetitions(tmp_path):
    answers = Answers(tmp_path, STUDY)
    raters = [answers.invite() for _ in range(4)]
    assert [(one.number, one.repetition) for one in raters] == [(1, 0), (2, 1), (3, 2), (4, 0)]
    assert len({one.token for one in raters}) == 4
    assert min(len(one.token) for one in raters) > 20
    again = Answers(tmp_path, STUDY)
    assert again.raters() == raters
    assert again.rater(raters[2].token) == raters[2]
    assert again.rater("somebody") is None


def test_another_answer_takes_the_place_of_the_first_which_stays_on_record(tmp_path):
    answers = Answers(tmp_path, STUDY)
    ann, bob = answers.invite(), answers.invite()
    answers.save(ann, "0", "3", "3", 1.5)
    answers.save(ann, "0", "3", "3", 9.0)  # said again: nothing new
    answers.save(bob, "0", "2", "2")
    answers.save(ann, "0", "5", "5", 4.0)
    answers.save(ann, "0", "3", "3", 2.0)
    assert [(one.meaning, one.seconds) for one in answers.current(ann)] == [("3", 2.0)]
    assert [(one.meaning, one.seconds) for one in answers.history(ann)] == [("3", 1.5), ("5", 4.0), ("3", 2.0)]
    assert [(one.rater, one.meaning) for one in answers.current()] == [(2, "2"), (1, "3")]


def test_many_at_once_lose_nothing(tmp_path):
    raters = [Answers(tmp_path, STUDY).invite() for _ in range(4)]

    def rate(rater):
        own = Answers(tmp_path, STUDY)
        for trial in STUDY.trials[:10]:
            own.save(rater, trial.name, "4", "4")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(rate, raters))
    assert len(Answers(tmp_path, STUDY).history()) == 40


def test_the_log_is_written_ahead_and_to_the_disk(tmp_path):
    answers = Answers(tmp_path, STUDY)
    with answers._connection() as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA synchronous").fetchone() == (2,)


def test_answers_belong_to_one_study(tmp_path):
    Answers(tmp_path, STUDY)
    Answers(tmp_path, replace(STUDY, title="reworded"))
    with pytest.raises(DataError, match="another study"):
        Answers(tmp_path, replace(STUDY, seed=1))


def test_what_is_no_database_is_said_so(tmp_path):
    (tmp_path / "answers.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(DataError, match="cannot be read or written"):
        Answers(tmp_path, STUDY)


def test_a_failed_transaction_leaves_nothing(tmp_path):
    answers = Answers(tmp_path, STUDY)
    rater = answers.invite()
    with pytest.raises(DataError, match="NOT NULL"):
        answers.save(rater, "0", None, "3")
    assert answers.history() == []
    assert sqlite3.connect(answers.path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
