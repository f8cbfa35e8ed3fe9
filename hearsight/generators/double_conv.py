"""The convolutional blocks of Capelle's U-Net: two convolutions, alone or inside a step down or up in resolution.

T. Capelle, Diffusion-Models-pytorch (`modules.py`); thesis section 3.3.2, "Down-Sample Blocks", "Up-sample blocks".
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class DoubleConv(nn.Module):
    """3x3 convolution, GroupNorm of one group, GELU, 3x3 convolution, GroupNorm. Residual: GELU(x + all that)."""

    def __init__(self, inside: int, outside: int, middle: int | None = None, residual: bool = False) -> None:
        super().__init__()
        middle = middle or outside
        self.residual = residual
        self.conv1 = nn.Conv2d(inside, middle, 3, padding=1, bias=False)
        self.norm1 = nn.GroupNorm(1, middle)
        self.conv2 = nn.Conv2d(middle, outside, 3, padding=1, bias=False)
        self.norm2 = nn.GroupNorm(1, outside)

    def forward(self, x: Float[Tensor, "batch inside height width"]) -> Float[Tensor, "batch outside height width"]:
        """The features found in `x`."""
        features = self.norm2(self.conv2(F.gelu(self.norm1(self.conv1(x)))))
        return F.gelu(x + features) if self.residual else features


class Refine(nn.Module):
    """What a step down and a step up share: a residual DoubleConv, a DoubleConv that changes the width, the condition.

    Capelle refines first, at the incoming width, and adds time and condition last (`refine_first`). Refining last costs
    a fraction in a step up, whose incoming width is doubled by the skip, and lets the condition steer convolutions.
    """

    def __init__(self, inside: int, outside: int, middle: int, condition_width: int, refine_first: bool) -> None:
        super().__init__()
        self.refine_first = refine_first
        refined = inside if refine_first else outside
        self.refine = DoubleConv(refined, refined, residual=True)
        self.change = DoubleConv(inside, outside, middle)
        self.condition = nn.Linear(condition_width, outside)

    def forward(
        self, x: Float[Tensor, "batch inside height width"], condition: Float[Tensor, "batch condition_width"]
    ) -> Float[Tensor, "batch outside height width"]:
        """The features of `x` with `condition` (time and sound) added to every pixel."""
        bias = self.condition(F.silu(condition))[:, :, None, None]  # [batch, outside, 1, 1]
        if self.refine_first:
            return self.change(self.refine(x)) + bias
        return self.refine(self.change(x) + bias)


class Down(nn.Module):
    """2x2 max pooling, then Refine: half the resolution."""

    def __init__(self, inside: int, outside: int, condition_width: int, refine_first: bool) -> None:
        super().__init__()
        self.blocks = Refine(inside, outside, outside, condition_width, refine_first)

    def forward(
        self, x: Float[Tensor, "batch inside height width"], condition: Float[Tensor, "batch condition_width"]
    ) -> Float[Tensor, "batch outside height/2 width/2"]:
        """The features of `x` at half its resolution."""
        return self.blocks(F.max_pool2d(x, 2), condition)


class Up(nn.Module):
    """Bilinear doubling, the skip put before it, then Refine: twice the resolution."""

    def __init__(self, inside: int, skip: int, outside: int, condition_width: int, refine_first: bool) -> None:
        super().__init__()
        both = inside + skip
        self.blocks = Refine(both, outside, both // 2 if refine_first else outside, condition_width, refine_first)

    def forward(
        self,
        x: Float[Tensor, "batch inside height width"],
        skip: Float[Tensor, "batch skip 2*height 2*width"],
        condition: Float[Tensor, "batch condition_width"],
    ) -> Float[Tensor, "batch outside 2*height 2*width"]:
        """The features of `x` at twice its resolution, sharpened by `skip`."""
        larger = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=True)
        return self.blocks(torch.cat([skip, larger], dim=1), condition)
