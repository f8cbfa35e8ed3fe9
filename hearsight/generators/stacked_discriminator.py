"""The discriminators of a stacked generator: is a picture real, and is it what was said?

Wang et al.: "S2IGAN" (2020), section 2.3.3, after Zhang et al.: "StackGAN++" (2018). There is one per scale, and each
judges a picture twice: by itself, and beside the condition.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.errors import ConfigError
from hearsight.generators.stacked_gan import StackedGANConfig

SEED = 4
"""Height and width of the code that pictures of every size are shrunk to."""
SLOPE = 0.2
"""Slope of the leaky ReLU below zero."""


@dataclass(frozen=True)
class DiscriminatorConfig:
    """The shape of the discriminators at all scales. The defaults are the published ones."""

    width: int = 64
    """Channels after the first convolution; each further one doubles them."""
    code: int = 8
    """Channels of the code, in multiples of `width`: as many as the smallest picture's convolutions reach."""
    tapered: bool = False
    """Whether each further scale begins with half of the channels of the one before, as generators do: then all end
    equally wide, and large pictures cost little more than small ones. As published, all begin with `width`."""
    projected: bool = False
    """Whether the conditional branch also has the inner product of condition and code (Miyato and Koyama: "cGANs with
    Projection Discriminator", 2018, equation 3). The published branch has to learn from nothing what likeness is, and
    does so late."""


def published() -> DiscriminatorConfig:
    """The published discriminators, for pictures of 64, 128 and 256 pixels."""
    return DiscriminatorConfig()


def pocket() -> DiscriminatorConfig:
    """Discriminators of pictures of 32, 64 and 128 pixels."""
    return DiscriminatorConfig(width=32, code=4, tapered=True, projected=True)


def debug() -> DiscriminatorConfig:
    """Tiny discriminators of pictures of 8, 16 and 32 pixels, for tests and docs."""
    return DiscriminatorConfig(width=4, code=1)


class Verdict(NamedTuple):
    """Logits: above zero for real."""

    matching: Float[Tensor, " batch"]
    """whether the picture is real and what was said (conditional branch)"""
    alone: Float[Tensor, " batch"]
    """whether the picture is real (unconditional branch)"""


class Discriminator(nn.Module):
    """Pictures of one size and conditions to verdicts."""

    def __init__(self, config: DiscriminatorConfig, side: int, condition: int) -> None:
        super().__init__()
        self.config, self.side = config, side
        steps = (side // SEED).bit_length() - 1
        if side != SEED << steps or config.code > 2 ** (steps - 1):
            raise ConfigError(
                f"side={side}: has to be {SEED} times a power of two, at least {2 * SEED * config.code} for "
                f"code={config.code}."
            )
        widths = [config.width << step for step in range(steps)]
        self.down = nn.Sequential(
            Layer(3, widths[0], 4, normalised=False),
            *(Layer(inside, outside, 4) for inside, outside in pairwise(widths)),
        )
        code = config.code * config.width
        narrowing = [width for width in reversed(widths) if width >= code]
        self.narrow = nn.Sequential(*(Layer(inside, outside, 3) for inside, outside in pairwise(narrowing)))
        self.joint = Layer(condition + code, code, 3)
        self.matching = nn.Conv2d(code, 1, SEED)
        self.alone = nn.Conv2d(code, 1, SEED)
        self.projection = nn.Linear(condition, code, bias=False) if config.projected else None

    def forward(self, pictures: Float[Tensor, "batch 3 side side"], condition: Float[Tensor, "batch width"]) -> Verdict:
        """Verdicts on pictures in [-1, 1] beside conditions (means of their clouds)."""
        code = self.narrow(self.down(pictures))
        everywhere = condition[:, :, None, None].expand(-1, -1, SEED, SEED)
        joint = self.joint(torch.cat((everywhere.to(code.dtype), code), dim=1))
        matching = self.matching(joint).flatten().float()
        if self.projection is not None:
            matching = matching + (self.projection(condition) * code.mean(dim=(2, 3))).sum(dim=1).float()
        return Verdict(matching, self.alone(code).flatten().float())


class Layer(nn.Module):
    """A convolution (of 4 x 4 halving height and width, of 3 x 3 keeping them), normalisation, leaky ReLU."""

    def __init__(self, before: int, after: int, kernel: int, normalised: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, after, kernel, stride=2 if kernel == 4 else 1, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(after) if normalised else nn.Identity()

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after lower narrower"]:
        return nn.functional.leaky_relu(self.norm(self.conv(x)), SLOPE)


def discriminators(config: DiscriminatorConfig, generator: StackedGANConfig) -> nn.ModuleList:
    """One discriminator per scale of `generator`, from the smallest to the largest."""
    shapes = [
        replace(config, width=config.width >> stage, code=config.code << stage) if config.tapered else config
        for stage in range(generator.stages)
    ]
    condition = generator.augmentation.width
    return nn.ModuleList(
        Discriminator(shape, side, condition) for shape, side in zip(shapes, generator.sides, strict=True)
    )
