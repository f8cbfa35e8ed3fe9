"""The discriminator of patches: its size, what a score sees, how it begins."""

import pytest
import torch
from torch import nn

from hearsight.generators.patch_discriminator import (
    PatchDiscriminator,
    PatchDiscriminatorConfig,
    debug,
    pocket,
    published,
)


def test_size_of_the_published_one() -> None:
    network = PatchDiscriminator(published())
    assert sum(weight.numel() for weight in network.parameters()) == 2_765_633
    assert network(torch.zeros(1, 3, 256, 256)).shape == (1, 1, 30, 30)
    assert PatchDiscriminator(pocket())(torch.zeros(2, 3, 128, 128)).shape == (2, 1, 14, 14)


@pytest.mark.parametrize(("layers", "patch"), [(1, 16), (2, 34), (3, 70)])
def test_a_score_sees_one_patch(layers: int, patch: int) -> None:
    network = PatchDiscriminator(PatchDiscriminatorConfig(width=2, layers=layers)).eval()
    pictures = torch.randn(1, 3, 128, 128, requires_grad=True)
    scores = network(pictures)
    middle = scores.shape[2] // 2
    (gradient,) = torch.autograd.grad(scores[0, 0, middle, middle], pictures)
    rows = gradient[0].abs().sum(dim=(0, 2)).nonzero()[:, 0]
    assert rows[-1] - rows[0] + 1 == patch


def test_it_begins_with_small_random_weights() -> None:
    torch.manual_seed(0)
    network = PatchDiscriminator(PatchDiscriminatorConfig(width=16, layers=2))
    layer = network.further[1]
    assert isinstance(layer, nn.Sequential) and isinstance(layer[1], nn.BatchNorm2d)
    assert abs(float(layer[0].weight.detach().std()) - 0.02) < 1e-3
    assert abs(float(layer[1].weight.detach().mean()) - 1.0) < 0.02


def test_patches_of_a_small_picture() -> None:
    assert PatchDiscriminator(debug())(torch.zeros(2, 3, 16, 16)).shape == (2, 1, 6, 6)
