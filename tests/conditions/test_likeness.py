"""Distances of pictures from what they should be like."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from hearsight.conditions.likeness import Target, spherical, unlikeness
from hearsight.errors import ConfigError

RIGHT, UP = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])


def test_spherical_is_half_the_squared_angle() -> None:
    for angle in (0.3, 1.0, 2.5):
        turned = torch.tensor([math.cos(angle), math.sin(angle)])
        assert float(spherical(RIGHT, turned)) == pytest.approx(angle**2 / 2, rel=1e-5)


def test_only_directions_count() -> None:
    looked = torch.tensor([[3.0, 0.0], [0.0, 0.1]])
    assert float(unlikeness(looked, [Target(5 * RIGHT)], "cosine")) == pytest.approx(0.5)
    assert float(unlikeness(looked, [Target(5 * RIGHT)])) == pytest.approx((math.pi / 2) ** 2 / 4, rel=1e-5)


def test_weights_and_against() -> None:
    looked = torch.tensor([[1.0, 1.0]])
    both = [Target(RIGHT, 2.0), Target(UP, -0.5)]
    cosine = math.sqrt(0.5)
    assert float(unlikeness(looked, both, "cosine")) == pytest.approx(1.5 * (1 - cosine), rel=1e-5)
    nearer_right = torch.tensor([[2.0, 1.0]])
    assert unlikeness(nearer_right, both) < unlikeness(looked, both)


def test_stylewavs_scale() -> None:
    loss = unlikeness(torch.tensor([[1.0, 1.0]]), [Target(RIGHT)], "cosine", scale=1 / 7)
    assert float(loss) == pytest.approx(1 - math.sqrt(0.5) / 7, rel=1e-5)


@pytest.mark.parametrize("distance", ["cosine", "spherical"])
def test_backward(distance: str) -> None:
    torch.manual_seed(0)
    targets = [Target(torch.randn(4, dtype=torch.float64)), Target(torch.randn(4, dtype=torch.float64), -0.5)]
    looked = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda looked: unlikeness(looked, targets, distance), looked)  # type: ignore[arg-type]


@pytest.mark.parametrize("sign", [1, -1])
def test_gradients_stay_finite_where_the_sphere_is_not_smooth(sign: int) -> None:
    looked = (sign * RIGHT[None]).requires_grad_()
    (gradient,) = torch.autograd.grad(unlikeness(looked, [Target(RIGHT)]), looked)
    assert gradient.isfinite().all()


def test_targets_of_inference_mode() -> None:
    with torch.inference_mode():
        target = Target(RIGHT * 2)
    looked = torch.tensor([[1.0, 1.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(unlikeness(looked, [target]), looked)
    assert gradient[0, 0] < 0 < gradient[0, 1]


def test_mistakes() -> None:
    with pytest.raises(ConfigError, match="give one embedding"):
        Target(torch.ones(1, 2))
    with pytest.raises(ConfigError, match="use cosine or spherical"):
        unlikeness(RIGHT[None], [Target(RIGHT)], "angle")  # type: ignore[arg-type]
