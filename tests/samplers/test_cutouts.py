"""Views of a picture: seeded, differentiable, and each change against its own definition."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck

from hearsight.samplers.cutouts import (
    CutoutsConfig,
    _affine,
    _erasure,
    _quadrilateral,
    _recoloured,
    _seen_through,
    cutouts,
    pool,
    shrink,
    whole,
)
from hearsight.seeds import generator

SMALL = CutoutsConfig(count=4, size=16)


@pytest.fixture
def picture() -> torch.Tensor:
    return torch.rand(3, 32, 48, generator=torch.Generator().manual_seed(0))


def test_only_the_seed_decides(picture: torch.Tensor) -> None:
    views = cutouts(picture, SMALL, 1, "cutouts", 0)
    assert views.shape == (4, 3, 16, 16)
    assert torch.equal(views, cutouts(picture, SMALL, 1, "cutouts", 0))
    assert not torch.equal(views, cutouts(picture, SMALL, 1, "cutouts", 1))
    assert not torch.equal(views[0], views[1])


def test_without_changes_the_picture_is_shown(picture: torch.Tensor) -> None:
    views = cutouts(picture, whole(16), 0)
    assert torch.equal(views, shrink(picture[None], 16))
    still = cutouts(picture, replace(SMALL, chance=0.0, noise=0.0), 0)
    assert torch.equal(still, pool(picture[None], SMALL).expand(4, -1, -1, -1))


def test_pooling_as_published(picture: torch.Tensor) -> None:
    average, largest = F.adaptive_avg_pool2d(picture, 16), F.adaptive_max_pool2d(picture, 16)
    torch.testing.assert_close(pool(picture[None], SMALL)[0], (average + largest) / 2)


@pytest.mark.parametrize(("inside", "outside"), [(64, 14), (8, 14), (16, 16)])
def test_exact_areas(inside: int, outside: int) -> None:
    """As StyleCLIP: blown up by nearest neighbours until cells are whole, then averaged."""
    pictures = torch.rand(1, 3, inside, inside, dtype=torch.float64)
    large = F.interpolate(pictures, scale_factor=outside, mode="nearest")
    torch.testing.assert_close(shrink(pictures, outside), F.avg_pool2d(large, inside))


def test_noise(picture: torch.Tensor) -> None:
    still = replace(SMALL, chance=0.0)
    apart = cutouts(picture, still, 3) - pool(picture[None], still)
    deviations = apart.flatten(1).std(dim=1)
    assert (deviations < 0.11).all()
    assert len(set(deviations.tolist())) == 4


def test_every_published_change_happens_at_its_chance() -> None:
    erased = [bool((_erasure(SMALL, generator(seed)) == 0).any()) for seed in range(200)]
    assert 0.6 < sum(erased) / 200 < 0.8
    shares = torch.tensor([float((_erasure(SMALL, generator(seed)) == 0).float().mean()) for seed in range(200)])
    assert shares.max() < 0.48  # 0.4, but rounded to whole pixels
    assert shares[shares > 0].min() > 0.06


def test_a_turn_by_a_right_angle(picture: torch.Tensor) -> None:
    square = picture[None, :, :, :32]
    turned = _affine(replace(SMALL, degrees=90.0), torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    view = _seen_through(square, torch.linalg.inv(turned), 32)
    torch.testing.assert_close(view, square.rot90(-1, dims=(2, 3)), atol=1e-4, rtol=0)


def test_a_shift(picture: torch.Tensor) -> None:
    square = picture[None, :, :, :32]
    moved = _affine(replace(SMALL, shift=0.25), torch.tensor([[0.0, 0.0, 1.0, 0.0]]))
    view = _seen_through(square, torch.linalg.inv(moved), 32)
    torch.testing.assert_close(view[..., 8:], square[..., :24], atol=1e-4, rtol=0)
    assert view[..., :7].abs().max() == 0


def test_perspective_takes_moved_corners_back() -> None:
    inwards = torch.rand(5, 4, 2, generator=torch.Generator().manual_seed(0)) * 0.7
    corners = torch.tensor([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
    moved = torch.cat([corners * (1 - inwards), torch.ones(5, 4, 1)], dim=2)
    found = moved @ _quadrilateral(inwards).mT
    torch.testing.assert_close(found[..., :2] / found[..., 2:], corners.expand(5, -1, -1), atol=1e-4, rtol=0)
    torch.testing.assert_close(_quadrilateral(torch.zeros(1, 4, 2))[0], torch.eye(3))


def test_colours() -> None:
    views = 0.3 + 0.3 * torch.rand(1, 3, 8, 8)
    same, none = torch.tensor([[1.0, 1.0, 1.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    torch.testing.assert_close(_recoloured(views, same), views)
    brighter = _recoloured(views, torch.tensor([[1.1, 1.0, 1.0, 0.0]]))
    torch.testing.assert_close(brighter, views * 1.1)
    grey = _recoloured(views, none)
    torch.testing.assert_close(grey[:, 0], grey[:, 2])
    weights = torch.tensor([0.299, 0.587, 0.114])
    torch.testing.assert_close(grey[0, 0], (views[0] * weights[:, None, None]).sum(dim=0), atol=1e-5, rtol=0)
    flat = _recoloured(views, torch.tensor([[1.0, 0.0, 1.0, 0.0]]))
    torch.testing.assert_close(flat, flat[:, :1, :1, :1].expand_as(flat))
    turned = _recoloured(views, torch.tensor([[1.0, 1.0, 1.0, 0.25]]))
    back = _recoloured(turned, torch.tensor([[1.0, 1.0, 1.0, -0.25]]))
    torch.testing.assert_close(back, views, atol=1e-5, rtol=0)
    assert not torch.allclose(turned, views, atol=1e-3)


def test_backward() -> None:
    picture = torch.rand(3, 6, 6, dtype=torch.float64) * 0.4 + 0.3
    config = replace(SMALL, count=2, size=4)
    assert gradcheck(lambda picture: cutouts(picture, config, 1), picture.requires_grad_())
