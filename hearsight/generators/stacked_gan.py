"""The stacked generator of S2IGAN (and StackGAN-v2): a small picture, then twice as large, then twice again.

Wang, Qiao, Zhu, Hanjalic, Scharenborg: "S2IGAN: Speech-to-Image Generation via Adversarial Learning" (2020), eq. 7:

    h_0 = F_0(z, c),    h_i = F_i(h_0, ..., h_{i-1}, c),    I_i = G_i(h_i),    c from the cloud F^ca(A) of embedding A

after Zhang et al.: "StackGAN++" (2018). What a stage sees of the earlier ones differs between paper and code, see
`StackedGANConfig.stacking`. The noise of the condition is an input, so a picture is a function of its arguments.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.conditions.augmentation import AugmentationConfig, Cloud, ConditioningAugmentation
from hearsight.errors import ConfigError
from hearsight.generators.gated_convolution import GatedConvolution, GatedResidual, GatedUp

SEED = 4
"""Height and width of the first feature map."""


@dataclass(frozen=True)
class StackedGANConfig:
    """The shape of a StackedGenerator. The defaults are the published code's."""

    side: int = 64
    """Height and width of the smallest picture in pixels: 4 times a power of two."""
    stages: int = 3
    """Pictures, each twice as large as the one before."""
    width: int = 64
    """Channels of the features of the smallest picture; every further stage has half of them."""
    noise: int = 100
    """Width of the noise z."""
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    """How the embedding becomes a condition."""
    residuals: int = 2
    """Residual blocks of a stage after the first."""
    stacking: Literal["concatenated", "dense", "plain"] = "concatenated"
    """What stage i sees of the stages before it. All see h_{i-1}, and
    `plain` (StackGAN-v2): nothing else;
    `concatenated` (S2IGAN's code): h_{i-1} a second time, beside the features made of it, before they are enlarged;
    `dense` (S2IGAN's equation 7): that, and all of h_0 ... h_{i-2} enlarged to its size."""

    def __post_init__(self) -> None:
        if self.side < 2 * SEED or self.side & (self.side - 1):
            raise ConfigError(f"side={self.side}: the smallest picture has 8, 16, 32, 64 ... pixels a side.")
        if self.stages < 1 or self.width % 2 ** (self.stages - 1):
            raise ConfigError(
                f"width={self.width}: is halved {self.stages - 1} times; make it a multiple of "
                f"{2 ** (self.stages - 1)}."
            )

    @property
    def sides(self) -> tuple[int, ...]:
        """Height and width of every picture, from the smallest to the largest."""
        return tuple(self.side * 2**stage for stage in range(self.stages))

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of h_0, h_1, ..."""
        return tuple(self.width // 2**stage for stage in range(self.stages))


def published(embed: int = 1024) -> StackedGANConfig:
    """The published generator: 64, 128 and 256 pixels."""
    return StackedGANConfig(augmentation=AugmentationConfig(embed))


def stackgan_v2(embed: int = 1024) -> StackedGANConfig:
    """StackGAN-v2's generator, the paper's baseline."""
    return StackedGANConfig(augmentation=AugmentationConfig(embed), stacking="plain")


def pocket(embed: int = 384) -> StackedGANConfig:
    """The generator of the pocket edition: 32, 64 and 128 pixels."""
    augmentation = AugmentationConfig(embed, width=64, scale=20.0)
    return StackedGANConfig(side=32, width=24, noise=32, augmentation=augmentation, residuals=1)


def debug(embed: int = 16) -> StackedGANConfig:
    """A tiny network with every part in it, for tests and docs."""
    augmentation = AugmentationConfig(embed, width=4)
    return StackedGANConfig(side=8, width=8, noise=4, augmentation=augmentation, residuals=1)


class Drawn(NamedTuple):
    """What the generator made of a batch."""

    pictures: list[Float[Tensor, "batch 3 side side"]]
    """Pictures in [-1, 1], from the smallest to the largest."""
    cloud: Cloud
    """The distribution that the condition was drawn from; discriminators listen to its mean."""


class StackedGenerator(nn.Module):
    """Embedding and noise to pictures at every scale."""

    def __init__(self, config: StackedGANConfig) -> None:
        super().__init__()
        self.config = config
        condition = config.augmentation.width
        self.augmentation = ConditioningAugmentation(config.augmentation)
        self.first = FirstStage(condition + config.noise, config.width, config.side)
        self.later = nn.ModuleList(
            LaterStage(condition, config.widths[:stage], config) for stage in range(1, config.stages)
        )
        self.painters = nn.ModuleList(Painter(width) for width in config.widths)

    def forward(
        self,
        embedding: Float[Tensor, "batch embed"],
        noise: Float[Tensor, "batch noise"],
        condition_noise: Float[Tensor, "batch width"],
    ) -> Drawn:
        """The pictures of `embedding`; both noises are standard normal, zeros for the condition's give its mean.

        In training the statistics of the batch tie its pictures together; in evaluation mode none depends on another.
        """
        cloud = self.augmentation(embedding)
        condition = cloud.sample(condition_noise)
        features = [self.first(torch.cat((condition, noise), dim=1))]
        for stage in self.later:
            features.append(stage(condition, features))
        return Drawn([paint(h) for paint, h in zip(self.painters, features, strict=True)], cloud)


class FirstStage(nn.Module):
    """F_0: a linear layer to 4 x 4 places, doubled until they are as many as the smallest picture's pixels."""

    def __init__(self, before: int, after: int, side: int) -> None:
        super().__init__()
        widths = [after * side // (SEED * 2**step) for step in range((side // SEED).bit_length())]
        self.linear = nn.Linear(before, 2 * widths[0] * SEED**2, bias=False)
        self.norm = nn.BatchNorm1d(2 * widths[0] * SEED**2)
        self.ups = nn.Sequential(*(GatedUp(inside, outside) for inside, outside in pairwise(widths)))

    def forward(self, x: Float[Tensor, "batch before"]) -> Float[Tensor, "batch after side side"]:
        seed = functional.glu(self.norm(self.linear(x)), dim=1)
        return self.ups(seed.unflatten(1, (-1, SEED, SEED)))


class LaterStage(nn.Module):
    """F_i: condition and earlier features joined, refined, and enlarged to twice the size and half the width."""

    def __init__(self, condition: int, widths: tuple[int, ...], config: StackedGANConfig) -> None:
        super().__init__()
        self.stacking = config.stacking
        width = widths[-1]
        seen = sum(widths) if self.stacking == "dense" else width
        self.joint = GatedConvolution(condition + seen, width)
        self.residuals = nn.Sequential(*(GatedResidual(width) for _ in range(config.residuals)))
        self.up = GatedUp(width if self.stacking == "plain" else 2 * width, width // 2)

    def forward(
        self, condition: Float[Tensor, "batch width"], features: list[Float[Tensor, "batch feature side side"]]
    ) -> Float[Tensor, "batch after double double"]:
        """h_i of the condition and h_0 ... h_{i-1}."""
        *earlier, last = features
        size = last.shape[-2:]
        seen = [last]
        if self.stacking == "dense":
            seen += [functional.interpolate(h, size, mode="nearest") for h in reversed(earlier)]
        x = self.residuals(self.joint(torch.cat(seen, dim=1), condition))
        return self.up(x if self.stacking == "plain" else torch.cat((x, last), dim=1))


class Painter(nn.Module):
    """G_i: features to a picture in [-1, 1]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, 3, 3, padding=1, bias=False)

    def forward(self, features: Float[Tensor, "batch width side side"]) -> Float[Tensor, "batch 3 side side"]:
        return self.conv(features).float().tanh()
