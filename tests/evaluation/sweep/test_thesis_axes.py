from hearsight.evaluation.sweep import thesis_axes
from hearsight.evaluation.sweep.thesis_axes import THESIS


def test_values_are_the_thesis_s_and_the_results(outcome):
    runs = [outcome({"guidance": scale}, {}) for scale in ("20", "0.5")]
    assert thesis_axes.values(runs, "guidance") == ["none", "0.5", "1", "3", "5", "7", "9", "11", "20"]
    assert thesis_axes.values(runs, "epochs") == []
    assert thesis_axes.values([outcome({"epochs": "2"}, {})], "epochs", ("0",)) == ["0", "2"]
    assert THESIS["epochs"][0] == "10" and THESIS["epochs"][-1] == "100"


def test_a_cell_says_why_it_is_empty(outcome):
    def show(result):
        return f"{result['value']:.1f}"

    one = outcome({"guidance": "3"}, {"FID": 1.0})
    assert thesis_axes.cell([one], "FID", show) == "1.0"
    assert thesis_axes.cell([one], "KID", show) == "not measured"
    assert thesis_axes.cell([], "FID", show) == "not run"
    assert thesis_axes.cell([one, one], "FID", show) == "2 runs"
    assert thesis_axes.cell([outcome({}, {}, state="failed")], "FID", show) == "failed"
    assert thesis_axes.cell([outcome({}, {}, state="not run")], "FID", show) == "not run"


def test_studies_are_told_apart(outcome):
    drawn = outcome({"alignment": "text", "seconds": "4"}, {"FID": 80.0})
    queried = outcome({"alignment": "text", "epochs": "0"}, {}, metrics=("querying",))
    guided = outcome({"guidance": "3"}, {"FID": 70.0})
    runs = [drawn, queried, guided]
    assert thesis_axes.concurrent(runs) == [drawn]
    assert thesis_axes.asked(runs, "querying") == [queried]
    assert thesis_axes.along(runs, "guidance") == [guided]
    assert thesis_axes.best(runs, "FID") == guided and thesis_axes.best(runs, "KID") is None
    assert thesis_axes.distance([outcome({}, {"pocket KID": 0.1})]) == "KID"
    assert thesis_axes.distance([outcome({}, {"pocket KID": 0.1, "FID": 5.0})]) == "FID"
    assert thesis_axes.measured_by(runs, "FID") == "FID: 300 samples, by hand (000000000000)"
