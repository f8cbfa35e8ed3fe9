"""Layers with an equalised learning rate: weights are stored at unit variance and scaled when used.

Karras et al., "Progressive Growing of GANs" (2018), section 4.1; the activation is StyleGAN2's.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.2  # of the leaky ReLU below zero
GAIN = math.sqrt(2)  # keeps the variance that the ReLU would halve


class EqualLinear(nn.Module):
    """A linear layer. `rate` makes it learn slower: both weight and bias are stored 1 / rate times larger than used."""

    def __init__(self, inside: int, outside: int, rate: float = 1.0, bias_start: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside) / rate)
        self.bias = nn.Parameter(torch.full((outside,), bias_start / rate))
        self.rate = rate
        self.scale = rate / math.sqrt(inside)

    def forward(self, x: Float[Tensor, "batch inside"]) -> Float[Tensor, "batch outside"]:
        """The linear map of `x`, without activation."""
        return F.linear(x, self.weight * self.scale, self.bias * self.rate)


class EqualConv2d(nn.Module):
    """A square convolution."""

    def __init__(
        self, inside: int, outside: int, kernel: int, *, stride: int = 1, padding: int = 0, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outside)) if bias else None
        self.scale = 1 / math.sqrt(inside * kernel**2)
        self.stride = stride
        self.padding = padding

    def forward(self, x: Float[Tensor, "batch inside height width"]) -> Float[Tensor, "batch outside h w"]:
        """The convolution of `x`, without activation."""
        return F.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)


def activate(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """Leaky ReLU that keeps the variance."""
    return F.leaky_relu(x, SLOPE) * GAIN
