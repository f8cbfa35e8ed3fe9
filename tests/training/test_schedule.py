"""Learning rates by their formulas, and one-cycle beside torch's."""

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.training.config import TrainConfig
from hearsight.training.schedule import first_beta, learning_rate


@pytest.mark.parametrize("warmup", [0, 10, 60])
def test_one_cycle_is_that_of_torch(warmup: int) -> None:
    steps, peak = 80, 5e-3
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], peak)
    share = warmup / steps if warmup else 0.3
    theirs = torch.optim.lr_scheduler.OneCycleLR(optimiser, peak, total_steps=steps, pct_start=share)
    config = TrainConfig(steps=steps, learning_rate=peak, decay="onecycle", warmup=warmup)
    for step in range(steps):
        group = optimiser.param_groups[0]
        assert learning_rate(step, config) == pytest.approx(group["lr"], rel=1e-9)
        assert first_beta(step, config) == pytest.approx(group["betas"][0], rel=1e-9)
        optimiser.step()
        if step < steps - 1:
            theirs.step()


def test_cosine_rises_linearly_then_falls_to_nothing() -> None:
    config = TrainConfig(steps=110, learning_rate=2.0, warmup=10, decay="cosine")
    rates = [learning_rate(step, config) for step in (0, 4, 9, 10, 60, 109)]
    assert rates == pytest.approx([0.2, 1.0, 2.0, 2.0, 1.0, 0.0004934], rel=1e-3)
    assert first_beta(50, config) == config.betas[0]


def test_constant_stays() -> None:
    config = TrainConfig(steps=100, learning_rate=2.0, warmup=4, decay="constant")
    assert [learning_rate(step, config) for step in (0, 1, 3, 4, 99)] == [0.5, 1.0, 2.0, 2.0, 2.0]


def test_one_step_is_a_schedule_too() -> None:
    for decay in ("cosine", "constant", "onecycle"):
        config = TrainConfig(steps=1, learning_rate=1.0, decay=decay)
        assert learning_rate(0, config) == 1.0


def test_steps_fall_by_a_factor() -> None:
    config = TrainConfig(steps=100, learning_rate=2.0, warmup=4, decay="step", decay_every=30, decay_factor=0.1)
    rates = [learning_rate(step, config) for step in (0, 3, 29, 30, 59, 60, 99)]
    assert rates == pytest.approx([0.5, 2.0, 2.0, 0.2, 0.2, 0.02, 0.002])
    with pytest.raises(ConfigError, match=r"decay=step, decay_every=0.*needs a number of steps above 0"):
        TrainConfig(steps=100, decay="step")
    with pytest.raises(ConfigError, match="decay=cosine, decay_every=5"):
        TrainConfig(steps=100, decay_every=5)
