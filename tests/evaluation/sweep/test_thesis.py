import json

from hearsight.evaluation.sweep import results
from hearsight.evaluation.sweep.thesis import write


def test_several_sweeps_become_one_page(tmp_path, outcome):
    good = outcome({"projection": "pca"}, {"FID": 148.19, "adherence": 0.5385})
    bad = outcome({"guidance": "3"}, {}, state="failed", reason="the disk is full")
    results.write("one", [good], tmp_path / "one")
    results.write("two", [bad], tmp_path / "two")
    page = write([tmp_path / "one", tmp_path / "two"], tmp_path / "thesis")
    assert page == tmp_path / "thesis" / "thesis.html"
    text = (tmp_path / "thesis" / "thesis.md").read_text()
    assert "2 runs: 1 measured, 1 failed." in text and "- guidance-3: the disk is full" in text
    assert all(f"Table 5.{number}" in text for number in range(1, 10))
    assert all(f"Figure 5.{number}" in text for number in range(1, 9))
    assert "| FID | not run | 148.19 |" in text
    assert len(json.loads((tmp_path / "thesis" / "thesis.json").read_text())) == 2
