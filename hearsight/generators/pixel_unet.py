"""The U-Net of AudioCLIP-latent diffusion: noise, a timestep and an audio embedding in, the predicted noise out.

R. Kyle, *Hierarchical Audio-Conditional Image Generation with AudioCLIP Latents*, section 3.3.2, which builds on
T. Capelle's class-conditional U-Net (Diffusion-Models-pytorch, `modules.py`) and adds the projection of the embedding
and attention to it (after Rombach et al., section 3.3). The network is the same whether it is trained to predict the
noise or the velocity; that choice belongs to `hearsight.samplers.noise`.
"""

from dataclasses import dataclass, field
from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from hearsight.conditions.projection import ProjectionConfig, projection
from hearsight.errors import ConfigError
from hearsight.generators.attention import AttentionBlock
from hearsight.generators.double_conv import DoubleConv, Down, Up
from hearsight.generators.time_encoding import time_encoding


@dataclass(frozen=True)
class PixelUNetConfig:
    """The shape of a PixelUNet. The defaults are the thesis's."""

    size: int = 64
    """Side of the pictures, in pixels."""
    patch: int = 1
    """Side of the square of pixels folded into the channels before the first convolution, unfolded after the last."""
    channels: tuple[int, ...] = (64, 128, 256, 256)
    """Width at each resolution, from the finest down; each next one has half the side."""
    middle: int = 2
    """DoubleConvs at the coarsest resolution (thesis 2, Capelle 3); at least 2."""
    middle_width: int = 512
    """Width between those DoubleConvs."""
    refine_first: bool = True
    """Capelle's order in a step down or up: residual DoubleConv first, time and condition last (see Refine)."""
    attention_side: int = 64
    """Side of the largest feature map, in its own pixels, that attention follows a step down or up at."""
    cross_attention: bool = True
    """Whether pixels attend to the condition as well as to each other."""
    condition_tokens: int = 1
    """Tokens the condition is spread over for cross-attention. With 1 (thesis) all pixels hear the same."""
    heads: int = 4
    """Heads of every attention."""
    expansion: int = 1
    """Width of an attention block's MLP, in multiples of the block's width."""
    time_width: int = 256
    """Width of the time encoding and of the condition added to it; even."""
    projection: ProjectionConfig | None = field(default_factory=ProjectionConfig)
    """How the embedding becomes the condition; none: what comes in is the condition itself, `time_width` wide."""
    zero_start: bool = False
    """Whether residual branches and the last convolution start at zero, which steadies the first steps of training."""


class PixelUNet(nn.Module):
    """Predicts the noise (or velocity) in a noisy picture, listening to an audio embedding."""

    def __init__(self, config: PixelUNetConfig) -> None:
        super().__init__()
        _check(config)
        self.config = config
        self.projection = projection(config.projection) if config.projection else nn.Identity()
        self.tokens = (
            nn.Linear(config.time_width, config.condition_tokens * config.time_width)
            if config.cross_attention and config.condition_tokens > 1
            else nn.Identity()
        )
        channels, order = config.channels, config.refine_first
        colours = 3 * config.patch**2
        self.stem = DoubleConv(colours, channels[0])
        self.downs = nn.ModuleList(
            Down(inside, outside, config.time_width, order) for inside, outside in pairwise(channels)
        )
        self.down_attentions = nn.ModuleList(
            _attention(config, level, channels[level]) for level in range(1, len(channels))
        )
        widths = [channels[-1], *[config.middle_width] * (config.middle - 1), channels[-1]]
        self.middle = nn.Sequential(*(DoubleConv(inside, outside) for inside, outside in pairwise(widths)))
        self.ups = nn.ModuleList()
        self.up_attentions = nn.ModuleList()
        inside = channels[-1]
        for level in reversed(range(len(channels) - 1)):
            outside = channels[max(level - 1, 0)]
            self.ups.append(Up(inside, channels[level], outside, config.time_width, order))
            self.up_attentions.append(_attention(config, level, outside))
            inside = outside
        self.out = nn.Conv2d(inside, colours, 1)
        if config.zero_start:
            self._start_at_zero()

    def forward(
        self,
        noisy: Float[Tensor, "batch 3 height width"],
        timestep: Shaped[Tensor, " batch"],
        embedding: Float[Tensor, "batch embed"],
    ) -> Float[Tensor, "batch 3 height width"]:
        """The noise (or velocity) in `noisy`, a picture in about [-1, 1] after `timestep` steps of noise.

        `embedding` is what was heard; all zeros for "no condition". Sides must be multiples of `patch * 2^levels`.
        """
        condition = self.projection(embedding)  # [batch, time_width]
        tokens = self.tokens(condition).unflatten(1, (-1, self.config.time_width))  # [batch, token, time_width]
        both = time_encoding(timestep, self.config.time_width) + condition
        x = self.stem(F.pixel_unshuffle(noisy, self.config.patch))
        skips = []
        for down, attention in zip(self.downs, self.down_attentions, strict=True):
            skips.append(x)
            x = attention(down(x, both), tokens)
        x = self.middle(x)
        for up, attention in zip(self.ups, self.up_attentions, strict=True):
            x = attention(up(x, skips.pop(), both), tokens)
        return F.pixel_shuffle(self.out(x), self.config.patch)

    def _start_at_zero(self) -> None:
        for module in self.modules():
            if isinstance(module, DoubleConv) and module.residual:
                nn.init.zeros_(module.norm2.weight)
            if isinstance(module, AttentionBlock):
                for last in (module.self_attention.out, module.narrow):
                    nn.init.zeros_(last.weight)
        nn.init.zeros_(self.out.weight)


class NoAttention(nn.Module):
    """Stands where a feature map is too large for attention: gives it back as it came."""

    def forward(
        self, features: Float[Tensor, "batch width height across"], condition: Float[Tensor, "batch part inside"]
    ) -> Float[Tensor, "batch width height across"]:
        """`features`."""
        return features


def published(embed: int = 1024) -> PixelUNetConfig:
    """The thesis's network: 64 pixels, attention to itself and to the condition at every resolution."""
    return PixelUNetConfig(projection=ProjectionConfig(embed=embed))


def capelle() -> PixelUNetConfig:
    """Capelle's network without its label table: a row of that table (or zeros) comes in as the condition."""
    return PixelUNetConfig(middle=3, cross_attention=False, projection=None)


def pocket(embed: int = 256) -> PixelUNetConfig:
    """The network of the pocket edition: narrow where the picture is fine, attends at 8 x 8 and below.

    Folding pixels into patches would be quicker, but leaves grain; attention at 16 x 16 would add a sixth to the
    operations but double the time of a training step on a CPU.
    """
    return PixelUNetConfig(
        patch=1,
        channels=(16, 32, 64, 128, 192),
        middle_width=192,
        refine_first=False,
        attention_side=8,
        condition_tokens=8,
        expansion=2,
        projection=ProjectionConfig(embed=embed),
        zero_start=True,
    )


def debug(embed: int = 16) -> PixelUNetConfig:
    """A tiny network with every part in it, for tests and docs."""
    return PixelUNetConfig(
        size=16,
        patch=2,
        channels=(8, 16, 16),
        middle_width=16,
        refine_first=False,
        attention_side=4,
        condition_tokens=2,
        heads=2,
        time_width=32,
        projection=ProjectionConfig(embed=embed, width=32),
    )


def flops(config: PixelUNetConfig) -> int:
    """Floating-point operations of one evaluation on one picture as torch counts them, a multiply-add as two."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network = PixelUNet(config).eval()
        width = config.projection.embed if config.projection else config.time_width
        network(torch.empty(1, 3, config.size, config.size), torch.empty(1), torch.empty(1, width))
    return counter.get_total_flops()


def _attention(config: PixelUNetConfig, level: int, width: int) -> nn.Module:
    if config.size // (config.patch * 2**level) > config.attention_side:
        return NoAttention()
    return AttentionBlock(width, config.heads, config.expansion, config.time_width if config.cross_attention else None)


def _check(config: PixelUNetConfig) -> None:
    finest = config.patch * 2 ** (len(config.channels) - 1)
    if config.size % finest:
        raise ConfigError(f"size: {config.size} must be a multiple of {finest}, so that every resolution is whole.")
    if config.middle < 2:
        raise ConfigError(f"middle: {config.middle} is too few; the bottleneck has at least 2 DoubleConvs.")
    if config.projection and config.projection.width != config.time_width:
        raise ConfigError(
            f"projection.width: {config.projection.width} is added to the time encoding; set it to {config.time_width}."
        )
    for width in config.channels:
        if width % config.heads:
            raise ConfigError(f"channels: {width} cannot be split among {config.heads} heads; use a multiple of it.")
