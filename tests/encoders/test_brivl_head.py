import pytest
import torch

from hearsight.encoders.brivl_head import BriVLHead, BriVLHeadConfig, mean


@pytest.fixture(scope="module")
def head() -> BriVLHead:
    torch.manual_seed(0)
    return BriVLHead(BriVLHeadConfig(layers=2, heads=2, feedforward=32), width=16, embed=24).eval()


@pytest.fixture
def parts() -> torch.Tensor:
    return torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(1))


def test_layers_are_normalised_after_each_sum(head: BriVLHead, parts: torch.Tensor) -> None:
    """Equations 1 and 2, written out."""
    wanted = parts
    for layer in head.layers:
        wanted = layer.norm1(wanted + layer.self_attn(wanted, wanted, wanted, need_weights=False)[0])
        wanted = layer.norm2(wanted + layer.linear2(layer.linear1(wanted).relu()))
    torch.testing.assert_close(head.attend(parts), wanted, atol=1e-5, rtol=1e-4)
    with torch.no_grad():  # torch's fast path
        torch.testing.assert_close(head.attend(parts), wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("gradients", [True, False])
def test_padding_has_no_influence(head: BriVLHead, parts: torch.Tensor, gradients: bool) -> None:
    mask = torch.tensor([[True] * 5, [True, True, True, False, False]])
    with torch.set_grad_enabled(gradients):
        padded = head(parts, mask)
        torch.testing.assert_close(padded[:1], head(parts[:1]), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(padded[1:], head(parts[1:, :3]), atol=1e-5, rtol=1e-4)


def test_the_order_of_parts_does_not_matter(head: BriVLHead, parts: torch.Tensor) -> None:
    torch.testing.assert_close(head(parts), head(parts.flip(1)), atol=1e-5, rtol=1e-4)


def test_what_padding_holds_does_not_reach_the_mean() -> None:
    parts = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [float("nan"), float("inf")]]])
    assert mean(parts, torch.tensor([[True, True, False]])).tolist() == [[2.0, 3.0]]


def test_layers_begin_differently() -> None:
    one, other = BriVLHead(BriVLHeadConfig(layers=2, heads=2, feedforward=8), 8, 8).layers
    assert not torch.equal(one.linear1.weight, other.linear1.weight)
