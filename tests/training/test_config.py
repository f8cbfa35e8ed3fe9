"""Settings that cannot work are refused where they are made."""

from typing import Any

import pytest

from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.training.config import TrainConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, r"steps=0: must be at least 1"),
        ({"keep": 0}, r"keep=0: must be at least 1"),
        ({"workers": -1}, r"workers=-1: cannot be negative"),
        ({"learning_rate": 0.0}, r"learning_rate=0.0: must be above 0"),
        ({"ema": 1.0}, r"ema=1.0: a decay lies in \[0, 1\)"),
        ({"warmup": 10}, r"warmup=10: must be shorter than the training, steps=10"),
        ({"precision": "fp8"}, r"precision: 'fp8' cannot be used"),
        ({"learningrate": 1e-3}, r"learningrate: there is no such setting; did you mean 'learning_rate'"),
    ],
)
def test_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(TrainConfig, {"steps": 10, **settings})


def test_numbers_as_yaml_writes_them() -> None:
    config = build(TrainConfig, {"steps": 10, "learning_rate": "1e-3", "betas": [0.9, 0.99]})
    assert config.learning_rate == 1e-3 and config.betas == (0.9, 0.99)
    assert build(TrainConfig, plain(config)) == config
