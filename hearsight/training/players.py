"""What trainings of a generator against a discriminator have in common.

Both players learn in one step: every loss stops at the weights that it does not teach, so one backward pass gives each
network its own gradient, and one Adam with one state per weight is two. The generator is therefore judged by the
discriminator as it was before this step, not after it. In return the training loop knows nothing of adversaries:
resuming, averaging, mixed precision and several processes work as for any other task.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call

from hearsight.errors import ConfigError
from hearsight.training.config import TrainConfig


def unmoved(judge: nn.Module, *shown: Tensor) -> Any:
    """What `judge` says, with a gradient for what it is shown and none for its weights."""
    return functional_call(judge, {name: weight.detach() for name, weight in judge.named_parameters()}, shown)


def resting(network: nn.Module) -> Float[Tensor, ""]:
    """A loss of zero that all weights take part in: what several processes need where a network does not learn yet."""
    return 0 * torch.stack([weight.sum() for weight in network.parameters()]).sum()


def refuse_clipping(train: TrainConfig) -> None:
    """Raise ConfigError where one norm over both players would clip the gradients of both."""
    if train.clip:
        raise ConfigError(f"train.clip={train.clip}: would clip all networks by one norm; set train.clip=0.")
