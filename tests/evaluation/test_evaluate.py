import json

import pytest

from hearsight.errors import DataError
from hearsight.evaluation.drawing import Drawing
from hearsight.evaluation.evaluate import CACHE, Evaluation, evaluate
from hearsight.evaluation.instruments import Instruments

QUICK = {"steps": 1, "guidance": 1.0}


@pytest.fixture
def evaluation(data, judge_folder, tmp_path) -> Evaluation:
    tools = Instruments(judge_folder=judge_folder, device="cpu")
    return Evaluation(Drawing(data), None, ("kid", "adherence"), tools, tmp_path / "cache")


def test_pictures_are_drawn_measured_and_reported(evaluation, system, tmp_path) -> None:
    out, steps = tmp_path / "out", []
    report = evaluate(
        evaluation, out, system=system, name="debug", settings=QUICK, progress=lambda *step: steps.append(step)
    )
    assert [result.metric for result in report.results] == ["own adherence", "own KID"]  # in the order of METRICS
    assert report.about["settings"]["steps"] == 1 and report.about["weights"] == system.weights_sha256
    assert (report.about["sounds"], report.about["classes"], report.about["pictures measured"]) == (4, 2, 4)
    content = json.loads((out / "report.json").read_text())
    assert content == json.loads(json.dumps(report.plain()))
    assert len(list((out / "pictures").rglob("*.png"))) == 4 and (out / "figures" / "confusion.png").is_file()
    assert {what for what, _, _ in steps} == {"drawing what was held out", "drawn pictures", "real pictures"}

    steps.clear()
    again = evaluate(
        evaluation, out, system=system, name="debug", settings=QUICK, progress=lambda *step: steps.append(step)
    )
    assert again == report
    assert {what for what, _, _ in steps} == {"drawing what was held out"}  # passed over; no features are taken again


def test_pictures_of_others_need_no_system(evaluation, data, system, tmp_path) -> None:
    drawn = evaluate(evaluation, tmp_path / "one", system=system, name="debug", settings=QUICK)
    pictures = tmp_path / "one" / "pictures"
    found = evaluate(evaluation, tmp_path / "two", system=None, name="others", pictures=pictures)
    assert found.results == drawn.results and found.system == "others"
    assert found.about["pictures"] == f"found in {pictures}" and "weights" not in found.about
    assert not (tmp_path / "two" / "pictures").exists()


def test_nothing_is_drawn_for_what_cannot_be_measured(evaluation, system, tmp_path) -> None:
    import dataclasses

    asked = dataclasses.replace(evaluation, metrics=("adherence", "clip_fid"))
    with pytest.raises(DataError, match="4 drawn and 10 real pictures: CLIP-FID's covariance of 256"):
        evaluate(asked, tmp_path / "out", system=system, name="debug", settings=QUICK)
    assert not (tmp_path / "out").exists()
    everything = dataclasses.replace(evaluation, metrics=None)
    report = evaluate(everything, tmp_path / "out", system=system, name="debug", settings=QUICK)
    assert list(report.left_out) == ["clip_fid"]
    assert "clip_fid" in (tmp_path / "out" / "report.html").read_text()


def test_features_of_real_pictures_stay_with_the_data() -> None:
    assert CACHE.as_posix() == ".cache/features"
