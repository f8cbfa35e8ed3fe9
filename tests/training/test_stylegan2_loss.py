"""StyleGAN2's losses against numbers worked out by hand, and their second derivatives by finite differences."""

import math
from collections.abc import Callable

import torch
from torch import nn

from hearsight.generators import stylegan2, stylegan2_discriminator
from hearsight.generators.stylegan2 import StyleGAN2
from hearsight.generators.stylegan2_discriminator import StyleGAN2Discriminator
from hearsight.training.stylegan2_loss import discriminator_loss, generator_loss, gradient_penalty, path_lengths


def test_cross_entropies() -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5])
    likely = torch.sigmoid(torch.tensor([2.0, -1.0, 0.5]))
    expected = -(likely[0].log() + likely[1].log()) / 2 - (1 - likely[2]).log()
    torch.testing.assert_close(discriminator_loss(real, fake), expected)
    torch.testing.assert_close(generator_loss(fake), -likely[2].log())
    assert generator_loss(torch.tensor([-1000.0])) == 1000  # a discriminator that is sure still teaches


def test_the_penalty_of_a_linear_discriminator_is_half_its_squared_weights() -> None:
    judge = nn.Linear(12, 1).double()
    pictures = torch.randn(5, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    penalty = gradient_penalty(judge(pictures.flatten(1))[:, 0], pictures)
    torch.testing.assert_close(penalty, judge.weight.square().sum() / 2)
    penalty.backward()
    torch.testing.assert_close(judge.weight.grad, judge.weight.detach())


def test_path_lengths_of_a_linear_generator() -> None:
    """Pictures are A w at every layer: J transposed y is A transposed y for each."""
    matrix = torch.randn(3 * 2 * 2, 4)
    latents = torch.randn(5, 6, 4, requires_grad=True)
    pictures = (latents.sum(dim=1) @ matrix.mT).view(5, 3, 2, 2)
    noise = torch.randn(5, 3, 2, 2)
    lengths = path_lengths(pictures, latents, noise)
    expected = (noise.flatten(1) / math.sqrt(4)) @ matrix
    torch.testing.assert_close(lengths, expected.norm(dim=1))


def check_slope(loss: Callable[[], torch.Tensor], weight: torch.Tensor, step: float = 1e-5) -> None:
    """The derivative of a loss along a random direction of `weight`, against its finite difference."""
    (gradient,) = torch.autograd.grad(loss(), weight)
    direction = torch.randn_like(weight)
    values = []
    for sign in (1, -1):
        with torch.no_grad():
            weight += sign * step * direction
        values.append(loss().detach())
        with torch.no_grad():
            weight -= sign * step * direction
    slope = (values[0] - values[1]) / (2 * step)
    torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-4, atol=1e-9)
    assert slope != 0


def test_gradients_of_gradients_of_the_discriminator() -> None:
    torch.manual_seed(0)
    judge = StyleGAN2Discriminator(stylegan2_discriminator.debug()).double()
    pictures = torch.randn(4, 3, 16, 16, dtype=torch.float64, requires_grad=True)

    def penalty() -> torch.Tensor:
        return gradient_penalty(judge(pictures), pictures)

    for weight in (judge.from_rgb.weight, judge.blocks[0].conv2.weight, judge.conv.weight, judge.linear.weight):
        check_slope(penalty, weight)


def test_gradients_of_path_lengths_of_the_generator() -> None:
    torch.manual_seed(0)
    painter = StyleGAN2(stylegan2.debug()).double()
    z, noise = torch.randn(2, 8, dtype=torch.float64), torch.randn(2, 3, 16, 16, dtype=torch.float64)

    def penalty() -> torch.Tensor:
        latents = painter.spread(painter.map(z))
        return (path_lengths(painter(latents, "w+"), latents, noise) - 0.1).square().mean()

    weights = (painter.mapping[0].weight, painter.ups[0].conv.weight, painter.convs[1].conv.modulation.weight)
    for weight in weights:
        check_slope(penalty, weight)
