"""A slow copy of a network, which follows it and makes the keys of a contrast (He et al., "Momentum Contrast", 2020).

Keys in a queue come from many past steps; they can be compared with each other because the network that made them has
hardly moved meanwhile.
"""

import copy
from typing import TypeVar

import torch
from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def slow_copy(network: Network) -> Network:
    """A copy that no gradient reaches."""
    return copy.deepcopy(network).requires_grad_(False)


@torch.no_grad()
def follow(slow: nn.Module, network: nn.Module, momentum: float) -> None:
    """slow <- momentum * slow + (1 - momentum) * network (MoCo, equation 2).

    Parameters only, as in BriVL: running statistics are those of the slow network's own batches.
    """
    for own, other in zip(slow.parameters(), network.parameters(), strict=True):
        if own is not other:  # frozen parts may be shared
            own.lerp_(other, 1 - momentum)
