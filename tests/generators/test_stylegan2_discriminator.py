"""The discriminator: its size, its sense of sameness, gradients of gradients for R1."""

import pytest
import torch
from torch.autograd import gradcheck

from hearsight.generators.stylegan2_discriminator import (
    ResidualHalving,
    StyleGAN2Discriminator,
    debug,
    published,
    spread_of_batch,
)


def test_size_of_the_published_one() -> None:
    with torch.device("meta"):
        discriminator = StyleGAN2Discriminator(published())
        count = sum(parameter.numel() for parameter in discriminator.parameters())
        assert discriminator(torch.empty(2, 3, 1024, 1024)).shape == (2,)
    assert count == 29_012_513


def test_a_batch_of_one_picture_has_no_spread() -> None:
    same = torch.randn(1, 3, 4, 4).expand(4, -1, -1, -1)
    torch.testing.assert_close(spread_of_batch(same, 4), torch.full((4, 1, 4, 4), 1e-4))
    two = torch.cat([same[:2] + 1, same[:2] - 1])
    torch.testing.assert_close(spread_of_batch(two, 4), torch.ones(4, 1, 4, 4))


@pytest.mark.parametrize("batch", [1, 3, 4, 8])
def test_batches_of_any_size(batch: int) -> None:
    assert StyleGAN2Discriminator(debug())(torch.randn(batch, 3, 16, 16)).shape == (batch,)


def test_backward_is_right() -> None:
    torch.manual_seed(0)
    block = ResidualHalving(2, 3).double()
    assert gradcheck(block, torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True))


def test_gradient_penalty_reaches_the_weights() -> None:
    discriminator = StyleGAN2Discriminator(debug())
    pictures = torch.randn(4, 3, 16, 16, requires_grad=True)
    (gradient,) = torch.autograd.grad(discriminator(pictures).sum(), pictures, create_graph=True)
    gradient.square().sum().backward()
    assert discriminator.conv.weight.grad is not None
    assert discriminator.conv.weight.grad.abs().sum() > 0
