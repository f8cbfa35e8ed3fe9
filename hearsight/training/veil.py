"""A veil of noise over all that discriminators look at, lifted as training goes on.

Sønderby et al.: "Amortised MAP Inference for Image Super-resolution" (2017), section 3.3; Arjovsky and Bottou: "Towards
Principled Methods for Training Generative Adversarial Networks" (2017). Drawn pictures are told from real ones by
their finest texture long before they have shapes, and then a discriminator has nothing more to teach. Under noise it
has to look at shapes and colours first. Neither S2IGAN's paper nor its code has it.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hearsight.errors import ConfigError


@dataclass(frozen=True)
class VeilConfig:
    """How thick a veil, and for how long. By default there is none."""

    deviation: float = 0.0
    """Standard deviation of the noise at first, in units of pixels in [-1, 1]; it falls evenly to none."""
    steps: int = 5000
    """Training steps until it is gone."""

    def __post_init__(self) -> None:
        if self.deviation < 0 or self.steps < 1:
            raise ConfigError(
                f"veil: deviation={self.deviation}, steps={self.steps}: noise of deviation 0 or more is lifted over 1 "
                "step or more."
            )


class Veil(nn.Module):
    """Pictures to veiled pictures; remembers how many steps it has seen."""

    steps: Int[Tensor, ""]

    def __init__(self, config: VeilConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))

    @property
    def deviation(self) -> float:
        """That of the noise by now."""
        return self.config.deviation * max(0.0, 1 - int(self.steps) / self.config.steps)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """`pictures` with noise from torch's global generator, drawn on the CPU; gradients pass unchanged."""
        deviation = self.deviation
        return pictures + deviation * torch.randn(pictures.shape).to(pictures) if deviation else pictures

    def lift(self) -> None:
        """One step has been made."""
        self.steps += 1
