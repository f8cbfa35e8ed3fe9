"""Pictures changed by the little that confuses a network most, which it then learns from.

Madry et al., "Towards Deep Learning Models Resistant to Adversarial Attacks" (2018). A network that was trained so can
be asked to draw: moving pixels towards what it wants to see makes shapes, where the gradient of others makes noise that
pleases nobody else (Santurkar et al., "Image Synthesis with a Single (Robust) Classifier", 2019). A search is guided by
just that gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hearsight.errors import ConfigError

Loss = Callable[[Float[Tensor, "batch 3 height width"]], Float[Tensor, ""]]
"""How badly a network does on pixels."""


@dataclass(frozen=True)
class WorstPixelsConfig:
    """How far pictures are changed. As it stands not at all."""

    radius: float = 0.0
    """Euclidean length of the change of a picture, in whatever its pixels are; 0 leaves pictures as they are."""
    rise: int = 1
    """Training steps over which the radius grows evenly: what has learnt nothing yet can be confused for good."""

    def __post_init__(self) -> None:
        if self.radius < 0 or self.rise < 1:
            raise ConfigError(f"radius={self.radius}, rise={self.rise}: a radius is at least 0, it rises in 1 or more.")


class WorstPixels(nn.Module):
    """Pictures to pictures that are harder to see; remembers how many steps it has trained."""

    steps: Int[Tensor, ""]

    def __init__(self, config: WorstPixelsConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    @property
    def radius(self) -> float:
        """How long changes are by now."""
        return self.config.radius * min(1.0, (int(self.steps) + 1) / self.config.rise)

    def forward(
        self, pixels: Float[Tensor, "batch 3 height width"], loss: Loss, darkest: float = 0.0
    ) -> Float[Tensor, "batch 3 height width"]:
        """`pixels`, from `darkest` to 1, after one step of at most `radius` up the gradient of `loss`."""
        if not self.config.radius:
            return pixels
        radius = self.radius
        if self.training:
            self.steps += 1
        begun = pixels.detach().clone().requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(loss(begun), begun)
        return (pixels + radius * _unit(gradient)).clamp(darkest, 1)


def _unit(gradient: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """Of length 1, picture by picture."""
    return gradient / gradient.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
