"""Pictures changed by the little that confuses a network most, which it then learns from.

Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks" (2018). A network that was trained so can
be asked to draw: moving pixels towards what it wants to see makes shapes, where the gradient of others makes noise that
pleases nobody else (Santurkar et al., "Image Synthesis with a Single (Robust) Classifier", 2019). A search is guided by
just that gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.errors import ConfigError

Loss = Callable[[Float[Tensor, "batch 3 height width"]], Float[Tensor, ""]]
"""How badly a network does on pixels."""


@dataclass(frozen=True)
class WorstPixelsConfig:
    """How far pictures are changed. As it stands not at all."""

    radius: float = 0.0
    """Euclidean length of the change of a picture, in whatever its pixels are; 0 leaves pictures as they are."""
    steps: int = 1
    """Steps of the search for the worst change; each costs as much as a step of training."""

    def __post_init__(self) -> None:
        if self.radius < 0 or self.steps < 1:
            raise ConfigError(f"radius={self.radius}, steps={self.steps}: a radius is at least 0, steps at least 1.")


def worst(
    pixels: Float[Tensor, "batch 3 height width"], loss: Loss, config: WorstPixelsConfig, darkest: float = 0.0
) -> Float[Tensor, "batch 3 height width"]:
    """`pixels`, from `darkest` to 1, after the change at most `radius` long that makes `loss` grow most."""
    if not config.radius:
        return pixels
    change = torch.zeros_like(pixels)
    for _ in range(config.steps):
        change.requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(loss(pixels + change), change)
        step = config.radius / config.steps * _unit(gradient)
        change = (pixels + change.detach() + step).clamp(darkest, 1) - pixels
    return pixels + change


def _unit(gradient: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """Of length 1, picture by picture."""
    return gradient / gradient.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
