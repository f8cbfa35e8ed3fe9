"""Adam, AdamW, or Muon with AdamW: what turns gradients into steps."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from hearsight.errors import MissingDependency
from hearsight.training.config import TrainConfig


class Together(Optimizer):
    """Optimisers that share out the weights among them and step as one."""

    def __init__(self, *parts: Optimizer) -> None:
        groups = [group for part in parts for group in part.param_groups]
        super().__init__([{"params": group["params"]} for group in groups], {})
        self.parts = parts
        self.param_groups = groups  # the parts' own, so that a learning rate set here is theirs
        for part in parts:
            part.state = self.state

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step of each."""
        found = None if closure is None else closure()
        for part in self.parts:
            part.step()
        return found


def optimiser(network: nn.Module, config: TrainConfig) -> Optimizer:
    """The optimiser of the trainable weights of `network`; weight decay is for matrices and kernels alone.

    Muon (Jordan et al. 2024) makes the steps of linear layers orthogonal, scaled to what AdamW's would be (Liu et al.
    2025, "Muon is scalable for LLM training"), so one learning rate serves both; everything else is AdamW's.
    """
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if config.optimiser != "muon":
        return _adam(weights, config, torch.optim.Adam if config.optimiser == "adam" else torch.optim.AdamW)
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layer, transposed

    linear = {layer.weight for layer in network.modules() if isinstance(layer, (nn.Linear, Conv1D))}
    others = [weight for weight in weights if weight not in linear]
    parts = [_muon([weight for weight in weights if weight in linear], config)] if linear & set(weights) else []
    return Together(*parts, *([_adam(others, config, torch.optim.AdamW)] if others else []))


def _muon(weights: list[nn.Parameter], config: TrainConfig) -> Optimizer:
    if not hasattr(torch.optim, "Muon"):
        raise MissingDependency("optimiser=muon needs torch 2.9: pip install --upgrade torch, or take optimiser=adamw")
    rate, decay = config.learning_rate, config.weight_decay
    return torch.optim.Muon(weights, rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw")


def _adam(weights: Iterable[Tensor], config: TrainConfig, kind: type[torch.optim.Adam]) -> Optimizer:
    decayed: list[Tensor] = []
    exempt: list[Tensor] = []
    for weight in weights:
        (decayed if weight.ndim >= 2 else exempt).append(weight)
    groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": exempt, "weight_decay": 0.0}]
    return kind([group for group in groups if group["params"]], config.learning_rate, config.betas, config.epsilon)
