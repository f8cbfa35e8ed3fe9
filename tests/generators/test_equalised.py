"""Layers at unit variance: what goes in comes out as large."""

import torch

from hearsight.generators.equalised import EqualConv2d, EqualLinear, activate


def test_a_linear_layer_keeps_the_variance_at_any_rate() -> None:
    torch.manual_seed(0)
    for rate in (1.0, 0.01):
        layer = EqualLinear(256, 512, rate)
        assert 0.9 < layer(torch.randn(64, 256)).std() < 1.1
        assert 0.9 / rate < layer.weight.std() < 1.1 / rate


def test_the_bias_starts_where_it_is_told() -> None:
    layer = EqualLinear(4, 3, rate=0.1, bias_start=1.0)
    torch.testing.assert_close(layer(torch.zeros(1, 4)), torch.ones(1, 3))


def test_a_convolution_keeps_the_variance() -> None:
    torch.manual_seed(0)
    assert 0.9 < EqualConv2d(64, 64, 3)(torch.randn(4, 64, 12, 12)).std() < 1.1
    assert EqualConv2d(3, 5, 3, stride=2, padding=1, bias=False)(torch.randn(1, 3, 8, 8)).shape == (1, 5, 4, 4)


def test_activation_keeps_the_power() -> None:
    x = activate(torch.randn(100_000, generator=torch.Generator().manual_seed(0)))
    assert 0.95 < x.square().mean() < 1.1
