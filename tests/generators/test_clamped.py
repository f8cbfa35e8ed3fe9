"""Pixels kept inside, with a way back."""

import torch

from hearsight.generators.clamped import unit_pixels


def test_values_and_way_back() -> None:
    picture = torch.tensor([-3.0, -1.0, 0.0, 1.0, 3.0], requires_grad=True)
    pixels = unit_pixels(picture)
    assert pixels.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    (lower,) = torch.autograd.grad(pixels.sum(), picture, retain_graph=True)  # a step against it makes all smaller
    assert lower.tolist() == [0.0, 0.5, 0.5, 0.5, 0.5]
    (higher,) = torch.autograd.grad(-pixels.sum(), picture)
    assert higher.tolist() == [-0.5, -0.5, -0.5, -0.5, 0.0]
