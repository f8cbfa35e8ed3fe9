"""The worst change of pixels: as long as allowed by then, within what pixels can be, and worse than any other."""

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.training.worst_pixels import WorstPixels, WorstPixelsConfig

PICTURES = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25
WANTED = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def distance(pixels: torch.Tensor) -> torch.Tensor:
    return (pixels - WANTED).square().sum()


def lengths(changed: torch.Tensor) -> list[float]:
    return [round(length, 4) for length in (changed - PICTURES).flatten(1).norm(dim=1).tolist()]


def test_without_a_radius_nothing_is_changed() -> None:
    assert WorstPixels(WorstPixelsConfig())(PICTURES, distance) is PICTURES


def test_the_change_has_its_length_and_makes_the_loss_grow_most() -> None:
    changed = WorstPixels(WorstPixelsConfig(0.2))(PICTURES, distance)
    assert lengths(changed) == [0.2, 0.2, 0.2]
    for seed in range(5):
        other = torch.randn(PICTURES.shape, generator=torch.Generator().manual_seed(seed))
        other = PICTURES + 0.2 * other / other.flatten(1).norm(dim=1)[:, None, None, None]
        assert distance(changed) > distance(other)


def test_it_grows_while_training() -> None:
    rising = WorstPixels(WorstPixelsConfig(0.4, rise=4))
    assert [lengths(rising(PICTURES, distance))[0] for _ in range(6)] == [0.1, 0.2, 0.3, 0.4, 0.4, 0.4]
    rising.eval()(PICTURES, distance)
    assert int(rising.state_dict()["steps"]) == 6  # what a checkpoint keeps


def test_pixels_stay_pixels_and_carry_no_gradient() -> None:
    with torch.no_grad():
        changed = WorstPixels(WorstPixelsConfig(100.0))(PICTURES, distance)
    assert changed.min() >= 0 and changed.max() <= 1 and not changed.requires_grad
    darker = WorstPixels(WorstPixelsConfig(100.0))(PICTURES, distance, darkest=-1.0)
    assert darker.min() < 0


@pytest.mark.parametrize("wrong", [{"radius": -1.0}, {"rise": 0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=r"radius=.*at least"):
        WorstPixelsConfig(**wrong)  # type: ignore[arg-type]
