"""The exponential moving average of a network's weights: smoother than the weights, better to sample from."""

import copy

import torch
from torch import nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from hearsight.training.config import TrainConfig


class MovingAverage:
    """A second copy of a network that follows the first; the first is never written to."""

    def __init__(self, network: nn.Module) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, network: nn.Module, decay: float) -> None:
        """average ← decay · average + (1 - decay) · weights; buffers (BatchNorm's statistics, counts) are copied."""
        mix = get_ema_multi_avg_fn(decay)
        mix(list(self.network.parameters()), list(network.parameters()), 0)
        for average, buffer in zip(self.network.buffers(), network.buffers(), strict=True):
            average.copy_(buffer)


def decay_at(update: int, config: TrainConfig) -> float:
    """The decay of update number `update`, counted from 0.

    `ramp` forgets the random first weights sooner: (1 + n) / (10 + n) until that exceeds the decay.
    `overwrite` copies the weights for the first `ema_overwrite` updates, as Capelle's Diffusion-Models-pytorch does.
    """
    match config.ema_start:
        case "ramp":
            return min(config.ema, (1 + update) / (10 + update))
        case "overwrite":
            return 0.0 if update < config.ema_overwrite else config.ema
        case "none":
            return config.ema
