import json

import numpy as np

from hearsight.evaluation import bootstrap
from hearsight.evaluation.result import Result


def test_the_mean_of_samples_comes_with_its_interval() -> None:
    values = np.array([0.0, 1.0, 1.0, 1.0, 0.0, 1.0])
    result = Result.mean("agreement", values, "an eye", "abc", {"threshold": 0.5})
    assert (result.metric, result.better, result.samples) == ("agreement", "higher", 6)
    assert result.value == values.mean()
    assert result.interval == bootstrap.interval([values])
    assert result.interval[0] < result.value < result.interval[1]


def test_it_is_ready_for_json() -> None:
    result = Result("FID", 3.0, "lower", 50, "an eye", "abc", details={"real": 60})
    assert json.loads(json.dumps(result.plain()))["details"] == {"real": 60}
