"""StyleGAN2's discriminator: pictures in, one score per picture out; needed to train a generator, never to draw.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), configuration F: residual blocks, each
halving the side through the filter of `fir`, and a last block that also sees how much a batch varies.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.generators.equalised import EqualConv2d, EqualLinear, activate
from hearsight.generators.fir import blur
from hearsight.generators.stylegan2 import COARSEST, StyleGAN2Config
from hearsight.generators.stylegan2 import debug as debug_generator
from hearsight.generators.stylegan2 import pocket as pocket_generator
from hearsight.generators.stylegan2 import published as published_generator


@dataclass(frozen=True)
class StyleGAN2DiscriminatorConfig:
    """The shape of a discriminator. The defaults are config-f at 1024 pixels."""

    channels: tuple[int, ...] = StyleGAN2Config.channels
    """Width at each resolution, from 4 pixels up, as the generator's."""
    group: int = 4
    """Pictures of a batch whose spread is measured together."""


def published(size: int = 1024) -> StyleGAN2DiscriminatorConfig:
    """The opponent of `stylegan2.published`."""
    return StyleGAN2DiscriminatorConfig(published_generator(size).channels)


def pocket() -> StyleGAN2DiscriminatorConfig:
    """The opponent of `stylegan2.pocket`."""
    return StyleGAN2DiscriminatorConfig(pocket_generator().channels)


def debug() -> StyleGAN2DiscriminatorConfig:
    """The opponent of `stylegan2.debug`."""
    return StyleGAN2DiscriminatorConfig(debug_generator().channels)


class StyleGAN2Discriminator(nn.Module):
    """Scores (logits) of how real pictures look."""

    def __init__(self, config: StyleGAN2DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        down = config.channels[::-1]
        self.from_rgb = EqualConv2d(3, down[0], 1)
        self.blocks = nn.ModuleList(ResidualHalving(inside, outside) for inside, outside in pairwise(down))
        last = config.channels[0]
        self.conv = EqualConv2d(last + 1, last, 3, padding=1)
        self.linear = EqualLinear(last * COARSEST**2, last)
        self.score = EqualLinear(last, 1)

    def forward(self, pictures: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, " batch"]:
        """Scores of pictures in [-1, 1]; higher is more real. They depend on the batch, through its spread."""
        x = activate(self.from_rgb(pictures))
        for block in self.blocks:
            x = block(x)
        x = torch.cat([x, spread_of_batch(x, self.config.group)], dim=1)
        x = activate(self.conv(x))
        x = activate(self.linear(x.flatten(1)))
        return self.score(x)[:, 0]


class ResidualHalving(nn.Module):
    """Two convolutions, the second halving the side, beside a filtered 1 x 1 shortcut."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv1 = EqualConv2d(inside, inside, 3, padding=1)
        self.conv2 = EqualConv2d(inside, outside, 3, stride=2)
        self.shortcut = EqualConv2d(inside, outside, 1, stride=2, bias=False)

    def forward(self, x: Float[Tensor, "batch inside height width"]) -> Float[Tensor, "batch outside height/2 width/2"]:
        """The features of `x` at half its resolution."""
        y = activate(self.conv1(x))
        y = activate(self.conv2(blur(y, padding=(2, 2))))
        return (y + self.shortcut(blur(x, padding=(1, 1)))) / math.sqrt(2)


def spread_of_batch(
    x: Float[Tensor, "batch channel height width"], group: int
) -> Float[Tensor, "batch 1 height width"]:
    """The mean standard deviation of features over the pictures of a group, so that sameness shows (Karras 2018, 3).

    Groups take every n-th picture; a batch that cannot be split into groups of `group` is one group.
    """
    batch = len(x)
    group = group if batch % group == 0 else batch
    deviation = (x.unflatten(0, (group, -1)).var(dim=0, unbiased=False) + 1e-8).sqrt()  # [groups, channel, h, w]
    return deviation.mean(dim=(1, 2, 3)).repeat(group)[:, None, None, None].expand(batch, 1, *x.shape[2:])
