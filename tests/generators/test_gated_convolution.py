import pytest
import torch

from hearsight.generators.gated_convolution import GatedConvolution, GatedResidual, GatedUp


def test_half_gates_the_other_half() -> None:
    torch.manual_seed(0)
    layer = GatedConvolution(3, 5).eval()
    x = torch.randn(2, 3, 4, 4)
    value, gate = layer.norm(layer.conv(x)).chunk(2, dim=1)
    torch.testing.assert_close(layer(x), value * gate.sigmoid())


def test_up_repeats_every_place_first() -> None:
    torch.manual_seed(0)
    layer = GatedUp(3, 5).eval()
    x = torch.randn(2, 3, 4, 4)
    repeated = x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(layer(x), layer.gated(layer.conv(repeated)))


@pytest.mark.parametrize("size", [(2, 3), (4, 4), (7, 5)])
def test_what_is_the_same_everywhere_need_not_be_convolved_everywhere(size) -> None:
    torch.manual_seed(0)
    layer = GatedConvolution(5, 4).eval()
    told, seen = torch.randn(2, 3), torch.randn(2, 2, *size)
    everywhere = told[:, :, None, None].expand(-1, -1, *size)
    torch.testing.assert_close(layer(seen, told), layer(torch.cat((everywhere, seen), dim=1)))


def test_residual_has_a_shortcut() -> None:
    block = GatedResidual(4).eval()
    torch.nn.init.zeros_(block.second.weight)
    x = torch.randn(1, 4, 3, 3)
    assert torch.equal(block(x), x)
