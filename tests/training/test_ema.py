"""The moving average against its closed form, its ways to begin, and that it leaves the network alone."""

from typing import Any

import pytest
import torch
from torch import nn

from hearsight.training.config import TrainConfig
from hearsight.training.ema import MovingAverage, decay_at


def test_average_of_known_weights() -> None:
    network = nn.Linear(1, 1, bias=False)
    network.weight.data.fill_(0.0)
    average = MovingAverage(network)
    for value in (1.0, 2.0, 3.0):
        network.weight.data.fill_(value)
        average.update(network, 0.9)
    assert average.network.get_parameter("weight").item() == pytest.approx(0.1 * (0.81 * 1 + 0.9 * 2 + 3), rel=1e-6)
    assert network.weight.item() == 3.0


def test_buffers_are_copied_and_the_network_is_left_alone() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).train()
    average = MovingAverage(network)
    network(torch.randn(8, 3))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    average.update(network, 0.5)
    assert torch.equal(average.network.get_buffer("1.running_mean"), network.get_buffer("1.running_mean"))
    assert average.network.get_buffer("1.num_batches_tracked") == 1
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert network.training and not average.network.training
    assert not any(weight.requires_grad for weight in average.network.parameters())


@pytest.mark.parametrize(
    ("settings", "decays"),
    [
        ({"ema_start": "none"}, {0: 0.995, 5000: 0.995}),
        ({"ema_start": "ramp"}, {0: 0.1, 8: 0.5, 90: 0.91, 1789: 1790 / 1799, 1790: 0.995, 5000: 0.995}),
        ({"ema_start": "overwrite"}, {0: 0.0, 1999: 0.0, 2000: 0.995}),
        ({"ema_start": "overwrite", "ema_overwrite": 3}, {2: 0.0, 3: 0.995}),
    ],
)
def test_decays(settings: dict[str, Any], decays: dict[int, float]) -> None:
    config = TrainConfig(steps=10_000, ema=0.995, **settings)
    assert {update: decay_at(update, config) for update in decays} == pytest.approx(decays)


def test_overwriting_is_exact() -> None:
    network = nn.Linear(64, 64)
    average = MovingAverage(network)
    nn.init.normal_(network.weight)
    average.update(network, 0.0)
    assert torch.equal(average.network.get_parameter("weight"), network.weight)
