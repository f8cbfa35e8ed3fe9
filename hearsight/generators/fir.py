"""Resampling through a small symmetric filter, so that doubling and halving a feature map does not alias.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020), after Zhang, "Making Convolutional
Networks Shift-Invariant Again" (2019). The filter is an outer product, so rows and columns are filtered one after the
other: half the multiplications, and depthwise convolutions are quick on a CPU.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

TAPS = (1.0, 3.0, 3.0, 1.0)  # StyleGAN2's filter


def blur(
    x: Float[Tensor, "batch channel height width"], padding: tuple[int, int], gain: float = 1.0
) -> Float[Tensor, "batch channel h w"]:
    """`x` filtered, after `padding` zeros were put before and after each row and column; `gain` multiplies it."""
    channels = x.shape[1]
    taps = _taps(x, gain)
    x = F.pad(x, (*padding, *padding))
    x = F.conv2d(x, taps.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return F.conv2d(x, taps.view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)


def double(x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel 2*height 2*width"]:
    """Twice the resolution: zeros between the pixels, filtered so that brightness stays."""
    channels = x.shape[1]
    taps = _taps(x, gain=4.0)
    kernel = torch.outer(taps, taps).expand(channels, 1, -1, -1)
    return F.conv_transpose2d(x, kernel, stride=2, padding=1, groups=channels)


def _taps(like: Tensor, gain: float) -> Float[Tensor, " tap"]:
    """The filter of one direction; over both its sum is `gain`."""
    taps = like.new_tensor(TAPS)
    return taps * (gain**0.5 / taps.sum())
