"""StyleGAN2, the generator of StyleWav: a style at every layer, noise at every layer, a picture that grows.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), configuration F, in the layout of
rosinality's stylegan2-pytorch. A picture can be asked for in three spaces, each freer than the one before:

    w      one vector for all layers                                             [batch, style_width]
    w+     one vector per layer                                                  [batch, layer, style_width]
    style  what the layers make of them, end to end (Wu et al., "StyleSpace")    [batch, style]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hearsight.errors import ConfigError
from hearsight.generators.equalised import EqualLinear, activate
from hearsight.generators.modulated_conv import ModulatedConv, StyledConv, ToRGB
from hearsight.seeds import generator, noise

COARSEST = 4  # side in pixels of the constant that every picture grows from
MEAN_SAMPLES = 4096  # StyleCLIP's estimate of the mean W

Space = Literal["w", "w+", "style"]


@dataclass(frozen=True)
class StyleGAN2Config:
    """The shape of a StyleGAN2. The defaults are config-f at 1024 pixels."""

    channels: tuple[int, ...] = (512, 512, 512, 512, 512, 256, 128, 64, 32)
    """Width at each resolution, from 4 pixels up; each next one has twice the side."""
    style_width: int = 512
    """Width of z and of w."""
    mapping_layers: int = 8
    """Linear layers from z to w."""
    mapping_rate: float = 0.01
    """How much slower than the rest the mapping learns."""

    def __post_init__(self) -> None:
        if len(self.channels) < 2:
            raise ConfigError(f"channels={self.channels}: a picture must grow; give at least two widths.")

    @property
    def size(self) -> int:
        """Side of the pictures in pixels."""
        return COARSEST * 2 ** (len(self.channels) - 1)

    @property
    def layers(self) -> int:
        """Vectors of a latent in W+."""
        return 2 * len(self.channels)


def published(size: int = 1024) -> StyleGAN2Config:
    """Config-f: 30.4 million parameters at 1024 pixels (FFHQ); the same family at 256 or 512."""
    largest = StyleGAN2Config()
    smaller = [StyleGAN2Config(largest.channels[:count]) for count in range(2, len(largest.channels) + 1)]
    for config in smaller:
        if config.size == size:
            return config
    raise ConfigError(f"size={size}: config-f draws powers of two from 8 to 1024; try 1024.")


def pocket() -> StyleGAN2Config:
    """What ships with the package: 64 pixels, half a million parameters, 0.1 GFLOP a picture."""
    return StyleGAN2Config((96, 96, 64, 32, 16), style_width=96, mapping_layers=2)


def debug() -> StyleGAN2Config:
    """Random and tiny, for tests and docs: 16 pixels."""
    return StyleGAN2Config((8, 8, 4), style_width=8, mapping_layers=2)


class StyleGAN2(nn.Module):
    """z to w to styles to a picture. Noise is stored with the weights; `noises` draws other noise from a seed."""

    mean_w: Float[Tensor, " style_width"]

    def __init__(self, config: StyleGAN2Config) -> None:
        super().__init__()
        self.config = config
        width, channels = config.style_width, config.channels
        self.mapping = nn.ModuleList(
            EqualLinear(width, width, config.mapping_rate) for _ in range(config.mapping_layers)
        )
        self.constant = nn.Parameter(torch.randn(1, channels[0], COARSEST, COARSEST))
        self.first = StyledConv(channels[0], channels[0], width)
        self.first_rgb = ToRGB(channels[0], width)
        self.ups = nn.ModuleList(StyledConv(inside, outside, width, up=True) for inside, outside in pairwise(channels))
        self.convs = nn.ModuleList(StyledConv(outside, outside, width) for outside in channels[1:])
        self.rgbs = nn.ModuleList(ToRGB(outside, width) for outside in channels[1:])
        self.register_buffer("mean_w", torch.zeros(width))
        for number, drawn in enumerate(draw_noises(config, [0])):
            self.register_buffer(f"noise_{number}", drawn)

    def forward(
        self, latent: Float[Tensor, "batch *latent"], space: Space = "w", noise: Sequence[Tensor] | None = None
    ) -> Float[Tensor, "batch 3 size size"]:
        """Pictures, nominally in [-1, 1], of latents in `space`; `noise` as `noises` draws it, else the stored one."""
        if space == "w":
            return self.synthesise(self.styles(self.spread(latent)), noise)
        if space == "w+":
            return self.synthesise(self.styles(latent), noise)
        if space == "style":
            return self.synthesise(latent, noise)
        raise ConfigError(f"space={space!r}: there is none of this name; use 'w', 'w+' or 'style'.")

    # From noise to styles ----------------------------------------------------------------------------------------

    def map(self, z: Float[Tensor, "batch style_width"]) -> Float[Tensor, "batch style_width"]:
        """w of standard normal z."""
        x = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)
        for layer in self.mapping:
            x = activate(layer(x))
        return x

    def truncate(self, w: Float[Tensor, "batch *latent style_width"], psi: float) -> Float[Tensor, "batch *latent w"]:
        """w moved towards the stored mean: psi 0 gives the mean picture, 1 leaves w as it is."""
        return self.mean_w + psi * (w - self.mean_w)

    @torch.no_grad()
    def estimate_mean(self, seed: int = 0) -> Float[Tensor, " style_width"]:
        """The mean w of 4096 random z, which StyleCLIP takes instead of the stored running mean."""
        return self.map(self._normal((MEAN_SAMPLES, self.config.style_width), generator(seed))).mean(dim=0)

    @torch.no_grad()
    def random_w(self, random: torch.Generator, psi: float = 1.0) -> Float[Tensor, " style_width"]:
        """The w of one random z, truncated by `psi`."""
        return self.truncate(self.map(self._normal((1, self.config.style_width), random)), psi)[0]

    def spread(self, w: Float[Tensor, "batch style_width"]) -> Float[Tensor, "batch layer style_width"]:
        """The point of W+ that has `w` at every layer."""
        return w[:, None].expand(-1, self.config.layers, -1)

    def mix(
        self, coarse: Float[Tensor, "batch style_width"], fine: Float[Tensor, "batch style_width"], layer: int
    ) -> Float[Tensor, "batch layer style_width"]:
        """The point of W+ that has `coarse` at the layers before `layer` and `fine` from there on."""
        return torch.cat([self.spread(coarse)[:, :layer], self.spread(fine)[:, layer:]], dim=1)

    def styles(self, latent: Float[Tensor, "batch layer style_width"]) -> Float[Tensor, "batch style"]:
        """The modulation vectors of all convolutions, in the order they are used, end to end."""
        listening = zip(self._modulated(), self._layer(), strict=True)
        return torch.cat([conv.modulation(latent[:, layer]) for conv, layer in listening], dim=1)

    def colour_styles(self) -> Bool[Tensor, " style"]:
        """Which entries of a style belong to the to-RGB convolutions; StyleCLIP leaves those as they are."""
        to_rgb = {id(each.conv) for each in (self.first_rgb, *self.rgbs)}
        return torch.cat([torch.full((conv.weight.shape[1],), id(conv) in to_rgb) for conv in self._modulated()])

    # From styles to a picture ------------------------------------------------------------------------------------

    def synthesise(
        self, styles: Float[Tensor, "batch style"], noise: Sequence[Tensor] | None = None
    ) -> Float[Tensor, "batch 3 size size"]:
        """The picture of `styles` (from `self.styles`), nominally in [-1, 1] and not clamped."""
        given = iter(styles.split([conv.weight.shape[1] for conv in self._modulated()], dim=1))
        rough = iter(noise if noise is not None else self.stored_noise())
        x = self.first(self.constant.expand(len(styles), -1, -1, -1), next(given), next(rough))
        picture = self.first_rgb(x, next(given), None)
        for up, conv, to_rgb in zip(self.ups, self.convs, self.rgbs, strict=True):
            x = up(x, next(given), next(rough))
            x = conv(x, next(given), next(rough))
            picture = to_rgb(x, next(given), picture)
        return picture

    def stored_noise(self) -> list[Float[Tensor, "1 1 side side"]]:
        """The noise that belongs to the weights, one tensor per 3 x 3 convolution."""
        return [self.get_buffer(f"noise_{number}") for number in range(2 * len(self.ups) + 1)]

    def noises(self, seeds: Sequence[int]) -> list[Float[Tensor, "picture 1 side side"]]:
        """Other noise, each picture's from its own seed."""
        return [drawn.to(self.constant.device) for drawn in draw_noises(self.config, seeds)]

    def _modulated(self) -> list[ModulatedConv]:
        blocks: list[Any] = [self.first, self.first_rgb]
        for up, conv, to_rgb in zip(self.ups, self.convs, self.rgbs, strict=True):
            blocks += [up, conv, to_rgb]
        return [block.conv for block in blocks]

    def _layer(self) -> list[int]:
        """Which vector of W+ each convolution listens to; a to-RGB shares its own with the next step up."""
        return [0, 1] + [2 * level + offset for level in range(len(self.ups)) for offset in (1, 2, 3)]

    def _normal(self, shape: tuple[int, ...], random: torch.Generator) -> Float[Tensor, "*shape"]:
        return noise(shape, random).to(self.constant.device)


def draw_noises(config: StyleGAN2Config, seeds: Sequence[int]) -> list[Float[Tensor, "picture 1 side side"]]:
    """Noise for every 3 x 3 convolution, on the CPU, each picture's from its own seed."""
    sides = [COARSEST] + [COARSEST * 2**level for level in range(1, len(config.channels)) for _ in range(2)]
    randoms = [generator(seed, "stylegan2 noise") for seed in seeds]
    return [torch.cat([noise((1, 1, side, side), random) for random in randoms]) for side in sides]
