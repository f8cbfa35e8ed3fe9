"""StyleGAN2's convolutions, whose weights a style scales anew for every picture.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), section 2.2. The published code scales
the weights (equations 1 and 3), which makes a convolution of its own for every picture. Scaling what goes in by the
style and what comes out by the demodulation is the same product in another order; the weights are then shared by the
batch, and the gradient of a style needs no gradient of a weight, which saves a third of a search's time.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.generators.equalised import EqualLinear, activate
from hearsight.generators.fir import blur, double


class ModulatedConv(nn.Module):
    """A convolution modulated by a style; `up` doubles the resolution."""

    def __init__(
        self, inside: int, outside: int, kernel: int, style_width: int, *, demodulate: bool = True, up: bool = False
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside, kernel, kernel))
        self.modulation = EqualLinear(style_width, inside, bias_start=1.0)
        self.scale = 1 / math.sqrt(inside * kernel**2)
        self.demodulate = demodulate
        self.up = up

    def forward(
        self, x: Float[Tensor, "batch inside height width"], style: Float[Tensor, "batch inside"]
    ) -> Float[Tensor, "batch outside h w"]:
        """`x` convolved under `style`, an output of `self.modulation`."""
        style = style * self.scale
        x = x * style[:, :, None, None]
        if self.up:
            x = blur(F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2), padding=(1, 1), gain=4.0)
        else:
            x = F.conv2d(x, self.weight, padding=self.weight.shape[-1] // 2)
        if not self.demodulate:
            return x
        power = style.square() @ self.weight.square().sum(dim=(2, 3)).mT  # [batch, outside]
        return x * torch.rsqrt(power + 1e-8)[:, :, None, None]


class StyledConv(nn.Module):
    """A modulated 3 x 3 convolution, noise, bias, leaky ReLU."""

    def __init__(self, inside: int, outside: int, style_width: int, *, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(inside, outside, 3, style_width, up=up)
        self.noise_strength = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(outside))

    def forward(
        self,
        x: Float[Tensor, "batch inside height width"],
        style: Float[Tensor, "batch inside"],
        noise: Float[Tensor, "#batch 1 h w"],
    ) -> Float[Tensor, "batch outside h w"]:
        """The features that `style` asks for, roughened by `noise`."""
        x = self.conv(x, style) + self.noise_strength * noise
        return activate(x + self.bias[:, None, None])


class ToRGB(nn.Module):
    """Features to colours, added to the colours of the next coarser resolution."""

    def __init__(self, inside: int, style_width: int) -> None:
        super().__init__()
        self.conv = ModulatedConv(inside, 3, 1, style_width, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(
        self,
        x: Float[Tensor, "batch inside height width"],
        style: Float[Tensor, "batch inside"],
        coarser: Float[Tensor, "batch 3 height/2 width/2"] | None,
    ) -> Float[Tensor, "batch 3 height width"]:
        """The picture so far, at this resolution."""
        colours = self.conv(x, style) + self.bias[:, None, None]
        return colours if coarser is None else colours + double(coarser)
