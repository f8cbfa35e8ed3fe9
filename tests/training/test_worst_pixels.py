"""The worst change of pixels: as long as allowed, within what pixels can be, and worse than any other."""

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.training.worst_pixels import WorstPixelsConfig, worst

PICTURES = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25
WANTED = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def distance(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels - WANTED).square().sum()


def test_without_a_radius_nothing_is_changed() -> None:
    assert worst(PICTURES, distance, WorstPixelsConfig()) is PICTURES


@pytest.mark.parametrize("steps", [1, 3])
def test_the_change_has_its_length_and_makes_the_loss_grow_most(steps: int) -> None:
    changed = worst(PICTURES, distance, WorstPixelsConfig(0.2, steps))
    torch.testing.assert_close((changed - PICTURES).flatten(1).norm(dim=1), torch.full((3,), 0.2))
    for seed in range(5):
        other = torch.randn(PICTURES.shape, generator=torch.Generator().manual_seed(seed))
        other = PICTURES + 0.2 * other / other.flatten(1).norm(dim=1)[:, None, None, None]
        assert distance(changed) > distance(other)


def test_pixels_stay_pixels_and_carry_no_gradient() -> None:
    changed = worst(PICTURES, distance, WorstPixelsConfig(100.0))
    assert changed.min() >= 0 and changed.max() <= 1 and not changed.requires_grad


@pytest.mark.parametrize("wrong", [{"radius": -1.0}, {"steps": 0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"radius=.*at least"):
        WorstPixelsConfig(**wrong)  # type: ignore[arg-type]
