import csv

import pytest

from hearsight.errors import DataError
from hearsight.evaluation.sweep import results


def test_what_is_written_is_read(tmp_path, outcome):
    measured = outcome({"guidance": "3"}, {"pocket FID": 70.0, "own adherence": 0.9})
    failed = outcome({"guidance": "5"}, {}, state="failed", reason="no such, thing")
    results.write("mine", [measured, failed], tmp_path)
    again = results.read(tmp_path)
    assert again[0].results == measured.results and again[0].folder == tmp_path / "runs" / "guidance-3"
    assert (again[1].state, again[1].reason) == ("failed", "no such, thing")
    with (tmp_path / "results.csv").open() as file:
        head, first, second = csv.reader(file)
    assert head[:4] == ["run", "guidance", "state", "took"] and head[-1] == "reason"
    row = dict(zip(head, first, strict=True))
    assert (row["pocket FID"], row["pocket FID low"], row["own adherence high"]) == ("70.0", "", "0.92")
    assert dict(zip(head, second, strict=True))["reason"] == "no such, thing"


def test_a_metric_is_found_whoever_measured_it(outcome):
    one = outcome({}, {"pocket CLIP-FID": 1.0, "FID to training pictures": 2.0, "pocket FID": 3.0})
    assert one.result("FID")["value"] == 3.0
    assert one.result("FID to training pictures")["value"] == 2.0
    assert one.result("KID") is None


def test_a_folder_without_results(tmp_path):
    with pytest.raises(DataError, match=r"has no results\.json"):
        results.read(tmp_path)
