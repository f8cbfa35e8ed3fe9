import json

import pytest

from hearsight.errors import ConfigError, DataError
from hearsight.evaluation.human.study import Candidate, Study, Trial, load

STUDY = Study("match", "Sounds", 3, ("ours",), 1, 1, (Trial("1", (Candidate("a.png", "positive"),), label="dog"),))


def test_what_is_saved_is_read_again(tmp_path):
    STUDY.save(tmp_path)
    assert load(tmp_path) == STUDY
    assert load(tmp_path).sha256() == STUDY.sha256()


def test_what_cannot_be_read_is_said_so(tmp_path):
    with pytest.raises(DataError, match="hearsight study make"):
        load(tmp_path)
    (tmp_path / "study.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "study.json").write_text(json.dumps({"kind": "quiz"}))
    with pytest.raises(ConfigError, match=r"study\.json"):
        load(tmp_path)
