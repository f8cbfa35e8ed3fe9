"""Augmentation: what each change does, how often, and which way its probability moves."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from hearsight.training import adaptive_augmentation
from hearsight.training.adaptive_augmentation import AdaptiveAugmentation, AugmentationConfig, colour_changes

NOTHING = AugmentationConfig(start=1.0, mirror=False, turns=False, shift=0.0, colour=False)


def only(**changes: object) -> AdaptiveAugmentation:
    return AdaptiveAugmentation(AugmentationConfig(**{**vars(NOTHING), **changes}))  # type: ignore[arg-type]


def pictures(count: int) -> torch.Tensor:
    return torch.arange(count * 48.0).view(count, 3, 4, 4)


def kinds(changed: torch.Tensor, possible: list[torch.Tensor]) -> list[int]:
    """Which of the possible outcomes every picture is, exactly."""
    return [[torch.equal(one, each[number]) for each in possible].index(True) for number, one in enumerate(changed)]


def test_pictures_pass_untouched_at_first() -> None:
    some = pictures(2)
    assert AdaptiveAugmentation(AugmentationConfig())(some) is some
    assert torch.equal(only()(some), some)


def test_mirror_images_and_quarter_turns() -> None:
    torch.manual_seed(0)
    some = pictures(200)
    mirrored = kinds(only(mirror=True)(some), [some, some.flip(3)])
    assert 70 < sum(mirrored) < 130
    turned = kinds(only(turns=True)(some), [some.rot90(turns, (2, 3)) for turns in range(4)])
    assert all(30 < turned.count(turns) < 70 for turns in range(4))


def test_shifts_come_in_mirrored() -> None:
    torch.manual_seed(0)
    row = torch.tensor([0.0, 1.0, 2.0, 3.0])
    shifted = only(shift=0.25)(row.expand(100, 3, 4, 4))
    seen = {tuple(one[0, 0].tolist()) for one in shifted}
    assert seen == {(0, 1, 2, 3), (1, 0, 1, 2), (1, 2, 3, 2)}


@pytest.mark.parametrize("probability", [0.25, 0.75])
def test_every_change_comes_with_the_probability(probability: float) -> None:
    torch.manual_seed(0)
    some = pictures(400)
    turned = kinds(only(turns=True, start=probability)(some), [some.rot90(turns, (2, 3)) for turns in range(4)])
    # one turn in four is none
    assert abs(turned.count(0) / 400 - (1 - probability * 0.75)) < 0.07


def test_colours() -> None:
    torch.manual_seed(0)
    matrices = colour_changes(500, 1.0)
    assert torch.equal(colour_changes(3, 0.0), torch.eye(4)[:3].expand(3, 3, 4))
    scale, offset = matrices[:, :, :3], matrices[:, :, 3]
    # Hue and saturation leave grey grey, contrast scales it, inverted luma turns it round.
    grey = scale @ torch.ones(3)
    torch.testing.assert_close(grey, grey[:, :1].expand(-1, 3), atol=1e-5, rtol=1e-5)
    assert 0.4 < (grey[:, 0] < 0).float().mean() < 0.6
    assert abs(float(grey[:, 0].abs().log2().std()) - 0.5) < 0.05
    torch.testing.assert_close(offset, offset[:, :1].expand(-1, 3), atol=1e-5, rtol=1e-5)


def test_a_hue_turned_by_a_third() -> None:
    axis = torch.tensor([1.0, 1.0, 1.0, 0.0]) / math.sqrt(3)
    matrix = adaptive_augmentation._turned(axis, torch.tensor([2 * math.pi / 3]))[0]
    red, green = torch.eye(4)[0], torch.eye(4)[1]
    torch.testing.assert_close(matrix @ red, green)
    torch.testing.assert_close(matrix @ matrix.mT, torch.eye(4))


def test_colours_of_a_picture_are_changed_by_one_matrix() -> None:
    some = torch.rand(2, 3, 4, 4)
    torch.manual_seed(5)
    changed = only(colour=True)(some)
    torch.manual_seed(5)
    matrix = colour_changes(2, 1.0)
    expected = torch.einsum("boc,bchw->bohw", matrix[:, :, :3], some) + matrix[:, :, 3, None, None]
    torch.testing.assert_close(changed, expected)


def test_gradients_pass_through() -> None:
    some = torch.rand(1, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    augmentation = AdaptiveAugmentation(AugmentationConfig(start=1.0, shift=0.5))

    def changed(one: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(5)
        return augmentation(one).square()

    assert gradcheck(changed, some)
    assert torch.autograd.gradgradcheck(changed, some)


def test_the_probability_goes_where_the_signs_say() -> None:
    augmentation = AdaptiveAugmentation(AugmentationConfig(ramp=80))
    for _ in range(3):
        assert augmentation.observe(torch.full((4,), 2.0)) == 1
    assert augmentation.probability == 0  # not before four steps
    augmentation.observe(torch.full((4,), 2.0))
    assert float(augmentation.probability) == pytest.approx(16 / 80)
    doubtful = torch.tensor([1.0, 1.0, 1.0, -1.0])  # a mean sign of 0.5, below the target
    for _ in range(4):
        assert augmentation.observe(doubtful) == 0.5
    assert float(augmentation.probability) == pytest.approx(0)
    for _ in range(4):
        augmentation.observe(doubtful)
    assert augmentation.probability == 0  # and never below
    for _ in range(40):
        augmentation.observe(torch.ones(4))
    assert augmentation.probability == 1  # nor above


def test_the_probability_may_stay() -> None:
    augmentation = AdaptiveAugmentation(AugmentationConfig(start=0.3, target=None, ramp=4))
    for _ in range(8):
        augmentation.observe(torch.ones(4))
    assert float(augmentation.probability) == pytest.approx(0.3)


def test_its_memory_is_part_of_a_checkpoint() -> None:
    first, second = (AdaptiveAugmentation(AugmentationConfig(ramp=80)) for _ in range(2))
    for _ in range(6):
        first.observe(torch.ones(4))
    second.load_state_dict(first.state_dict())
    for each in (first, second):
        for _ in range(2):
            each.observe(torch.ones(4))
    assert torch.equal(first.probability, second.probability) and float(second.probability) == pytest.approx(0.4)
