"""The convolutional blocks: shapes, order, and where the condition enters."""

import pytest
import torch

from hearsight.generators.double_conv import DoubleConv, Down, Up


def test_the_residual_form_adds_its_input_and_activates() -> None:
    torch.manual_seed(0)
    block = DoubleConv(4, 4, residual=True)
    x = torch.randn(1, 4, 5, 5)
    block.residual = False
    branch = block(x)
    block.residual = True
    assert torch.allclose(block(x), torch.nn.functional.gelu(x + branch))


def test_one_group_normalises_the_whole_picture() -> None:
    torch.manual_seed(0)
    features = DoubleConv(3, 8)(10 + 5 * torch.randn(2, 3, 9, 9))
    assert torch.allclose(features.mean(dim=(1, 2, 3)), torch.zeros(2), atol=1e-5)
    assert torch.allclose(features.std(dim=(1, 2, 3)), torch.ones(2), atol=1e-2)


@pytest.mark.parametrize("refine_first", [True, False])
def test_down_halves_and_up_doubles(refine_first: bool) -> None:
    condition = torch.randn(2, 8)
    low = Down(4, 6, 8, refine_first)(torch.randn(2, 4, 8, 8), condition)
    assert low.shape == (2, 6, 4, 4)
    high = Up(6, 4, 5, 8, refine_first)(low, torch.randn(2, 4, 8, 8), condition)
    assert high.shape == (2, 5, 8, 8)


def test_the_condition_shifts_whole_channels_in_capelles_order() -> None:
    torch.manual_seed(0)
    down = Down(4, 6, 8, refine_first=True)
    x = torch.randn(1, 4, 8, 8)
    shift = down(x, torch.randn(1, 8)) - down(x, torch.randn(1, 8))
    assert shift.abs().max() > 0.01
    assert torch.allclose(shift, shift[:, :, :1, :1].expand_as(shift), atol=1e-5)


def test_the_condition_steers_convolutions_when_refining_last() -> None:
    torch.manual_seed(0)
    down = Down(4, 6, 8, refine_first=False)
    x = torch.randn(1, 4, 8, 8)
    shift = down(x, torch.randn(1, 8)) - down(x, torch.randn(1, 8))
    assert shift.std(dim=(2, 3)).max() > 0.01


def test_the_skip_comes_first_and_corners_stay() -> None:
    up = Up(1, 1, 1, 8, refine_first=True)
    seen: list[torch.Tensor] = []
    up.blocks.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    x, skip = torch.arange(4.0).reshape(1, 1, 2, 2), torch.full((1, 1, 4, 4), 9.0)
    up(x, skip, torch.zeros(1, 8))
    assert torch.equal(seen[0][0, 0], skip[0, 0])
    assert torch.allclose(seen[0][0, 1, ::3, ::3], x[0, 0])
    assert torch.allclose(seen[0][0, 1, 0], torch.tensor([0, 1 / 3, 2 / 3, 1]))
