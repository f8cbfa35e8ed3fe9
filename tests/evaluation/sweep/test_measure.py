import pytest

from hearsight.errors import DataError
from hearsight.evaluation.sweep.measure import Measuring, measure


def test_settings_of_the_measurement_reach_it(data, system, judge_folder, tmp_path):
    drawn = {"steps": 1, "guidance": 1.0}
    measuring = Measuring(
        system.source, data, ("adherence", "kid"), sounds=1, draw=drawn, judge=judge_folder, device="cpu"
    )
    found, about = measure(measuring, tmp_path)
    assert [result.metric for result in found] == ["own adherence", "own KID"]
    assert found[0].samples == 2
    assert about["settings"]["steps"] == 1 and about["judge"] == str(judge_folder)


def test_training_pictures_must_be_there(data, system, judge_folder, tmp_path):
    drawn = {"steps": 1, "guidance": 1.0}
    metrics = ("adherence", "kid_train")
    measuring = Measuring(system.source, data, metrics, sounds=1, draw=drawn, judge=judge_folder, device="cpu")
    with pytest.raises(DataError, match="train picture"):
        measure(measuring, tmp_path)
