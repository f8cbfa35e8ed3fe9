"""Modulated convolutions: against the paper's equations, which scale the weights themselves."""

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

from hearsight.generators.fir import blur
from hearsight.generators.modulated_conv import ModulatedConv, StyledConv, ToRGB


def by_equations(layer: ModulatedConv, x: torch.Tensor, style: torch.Tensor) -> torch.Tensor:
    """Equations 1 and 3, one picture after the other."""
    pictures = []
    for one, scales in zip(x, style, strict=True):
        weight = layer.scale * layer.weight * scales[None, :, None, None]
        if layer.demodulate:
            weight = weight / (weight.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if layer.up:
            wide = F.conv_transpose2d(one[None], weight.transpose(0, 1), stride=2)
            pictures.append(blur(wide, (1, 1), gain=4.0))
        else:
            pictures.append(F.conv2d(one[None], weight, padding=weight.shape[-1] // 2))
    return torch.cat(pictures)


@pytest.mark.parametrize(
    ("kernel", "demodulate", "up"), [(3, True, False), (3, True, True), (1, False, False), (3, False, True)]
)
def test_the_equations(kernel: int, demodulate: bool, up: bool) -> None:
    torch.manual_seed(0)
    layer = ModulatedConv(4, 3, kernel, 5, demodulate=demodulate, up=up).double()
    x, style = torch.randn(2, 4, 6, 6, dtype=torch.float64), torch.randn(2, 4, dtype=torch.float64)
    torch.testing.assert_close(layer(x, style), by_equations(layer, x, style))


def test_backward() -> None:
    """By finite differences, in what comes in, the style and the weights."""
    torch.manual_seed(0)
    layer = StyledConv(2, 2, 3, up=True).double()
    x = torch.randn(2, 2, 2, 2, dtype=torch.float64, requires_grad=True)
    style = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)
    noise = torch.randn(2, 1, 4, 4, dtype=torch.float64)
    assert gradcheck(lambda x, style, weight: layer(x, style, noise), (x, style, layer.conv.weight))


def test_colours_are_added_to_the_coarser_ones() -> None:
    to_rgb = ToRGB(4, 5)
    x, style, coarser = torch.zeros(1, 4, 8, 8), torch.ones(1, 4), torch.ones(1, 3, 4, 4)
    assert torch.equal(to_rgb(x, style, None), torch.zeros(1, 3, 8, 8))
    torch.testing.assert_close(to_rgb(x, style, coarser)[:, :, 2:-2, 2:-2], torch.ones(1, 3, 4, 4))
