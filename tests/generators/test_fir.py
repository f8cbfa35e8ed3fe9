"""Filtering, doubling: against the definition by zeros and a full two-dimensional filter."""

import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

from hearsight.generators.fir import TAPS, blur, double


def by_definition(x: torch.Tensor, up: int, before: int, after: int, gain: float) -> torch.Tensor:
    taps = torch.tensor(TAPS, dtype=x.dtype)
    kernel = torch.outer(taps, taps) / taps.sum() ** 2 * gain
    batch, channels, height, width = x.shape
    zeros = x.new_zeros(batch, channels, height * up, width * up)
    zeros[:, :, ::up, ::up] = x
    padded = F.pad(zeros, (before, after, before, after)).flatten(0, 1)[:, None]
    return F.conv2d(padded, kernel[None, None]).unflatten(0, (batch, channels))[:, :, 0]


def test_blur() -> None:
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    torch.testing.assert_close(blur(x, (1, 1), gain=4.0), by_definition(x, 1, 1, 1, 4.0))
    torch.testing.assert_close(blur(x, (2, 1)), by_definition(x, 1, 2, 1, 1.0))


def test_double() -> None:
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.testing.assert_close(double(x), by_definition(x, 2, 2, 1, 4.0))


def test_brightness_stays_inside() -> None:
    torch.testing.assert_close(double(torch.ones(1, 3, 8, 8))[:, :, 2:-2, 2:-2], torch.ones(1, 3, 12, 12))


def test_backward() -> None:
    x = torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(double, x)
    assert gradcheck(lambda x: blur(x, (1, 1)), x)
