"""Two players in one step: whose weights a loss moves."""

import pytest
import torch
from torch import nn

from hearsight.errors import ConfigError
from hearsight.training.config import TrainConfig
from hearsight.training.players import refuse_clipping, resting, unmoved


def test_a_judge_whose_weights_do_not_move_says_the_same() -> None:
    judge = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 1))
    shown = torch.randn(4, 1, 4, 4, requires_grad=True)
    expected = judge(shown).sum()
    (wanted,) = torch.autograd.grad(expected, shown)
    found = unmoved(judge, shown).sum()
    torch.testing.assert_close(found, expected)
    found.backward()
    assert shown.grad is not None
    torch.testing.assert_close(shown.grad, wanted)
    assert all(weight.grad is None for weight in judge.parameters())


def test_a_resting_network_takes_part_with_nothing() -> None:
    network = nn.Linear(3, 2)
    loss = resting(network)
    loss.backward()
    assert loss == 0
    for weight in network.parameters():
        assert weight.grad is not None and not weight.grad.any()


def test_gradients_of_both_must_not_be_clipped_together() -> None:
    refuse_clipping(TrainConfig(steps=1, clip=0))
    with pytest.raises(ConfigError, match=r"train\.clip=1.*set train\.clip=0"):
        refuse_clipping(TrainConfig(steps=1, clip=1.0))
