import torch
from torch import nn

from hearsight.training.momentum import follow, slow_copy


def test_a_slow_copy_follows_by_its_share_and_learns_nothing_itself() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    slow = slow_copy(network)
    before = [weight.clone() for weight in slow.parameters()]
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(1)
        network[1].running_mean.add_(1)
    follow(slow, network, 0.75)
    for own, old in zip(slow.parameters(), before, strict=True):
        torch.testing.assert_close(own, old + 0.25)
    assert not slow[1].running_mean.any()  # its statistics are its own
    assert not any(weight.requires_grad for weight in slow.parameters())
    assert all(weight.requires_grad for weight in network.parameters())


def test_what_both_share_stays() -> None:
    network = nn.Sequential(nn.Linear(2, 2))
    slow = slow_copy(network)
    slow[0] = network[0]
    before = network[0].weight.clone()
    follow(slow, network, 0.5)
    assert torch.equal(network[0].weight, before)
