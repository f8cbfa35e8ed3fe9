import dataclasses
import json

import pytest
import torch
from torch.nn import functional

from hearsight.config import build, plain
from hearsight.encoders.efficientnet import EfficientNet, EfficientNetConfig, Stage, StridedConv2d, b5, b7, convolution

SMALL = EfficientNetConfig(1.0, 1.0, stem=8, stages=(Stage(3, 1, 1, 8, 1), Stage(5, 2, 2, 16, 2)), head=16)


@pytest.mark.parametrize("config", [b5(), b7(), SMALL])
def test_config_survives_json(config: EfficientNetConfig) -> None:
    assert build(EfficientNetConfig, json.loads(json.dumps(plain(config)))) == config


@pytest.mark.parametrize(("size", "features", "parameters"), [(b5, 2048, 28.3e6), (b7, 2560, 63.8e6)])
def test_published_sizes(size, features: int, parameters: float) -> None:
    """Parameters as the paper counts them in table 2 (30 and 66 million), which includes the classifier."""
    with torch.device("meta"):
        network = EfficientNet(size())
    assert network.config.features == features
    assert sum(p.numel() for p in network.parameters()) == pytest.approx(parameters, rel=0.01)


@pytest.mark.parametrize("channels", [8, 16, 24, 40, 80, 112, 192, 320, 1280])
@pytest.mark.parametrize("width", [0.25, 1.0, 1.1, 1.6, 2.0])
def test_channels_are_multiples_of_eight_that_lose_at_most_a_tenth(channels: int, width: float) -> None:
    scaled = EfficientNetConfig(width=width).scaled(channels)
    assert scaled % 8 == 0 and 0.9 * channels * width <= scaled <= max(8, channels * width + 8)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("length", [15, 16])
@torch.no_grad()
def test_strides_pad_as_tensorflow_does(kernel: int, length: int) -> None:
    """An even picture has its last window end past it, an odd one is padded alike on both sides."""
    layer = convolution(1, 1, kernel, stride=2)
    assert isinstance(layer, StridedConv2d)
    x = torch.randn(1, 1, length, length, generator=torch.Generator().manual_seed(0))
    before, after = {(3, 15): (1, 1), (3, 16): (0, 1), (5, 15): (2, 2), (5, 16): (1, 2)}[kernel, length]
    wanted = functional.conv2d(functional.pad(x, (before, after, before, after)), layer.weight, stride=2)
    assert wanted.shape[-1] == 8
    torch.testing.assert_close(layer(x), wanted)


def test_on_a_cpu_strided_depthwise_convolutions_stay_exact() -> None:
    """Under autocast as without; the others take half the digits."""
    layer, whole = convolution(4, 4, 3, stride=2, groups=4), convolution(4, 4, 3, stride=2)
    x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(layer(x), layer(x.float())) and layer(x.bfloat16()).dtype == torch.float32
        assert whole(x).dtype == torch.bfloat16


@torch.no_grad()
def test_the_map_is_smaller_by_all_strides() -> None:
    network = EfficientNet(SMALL).eval()
    assert network(torch.zeros(2, 3, 32, 48)).shape == (2, 16, 8, 12)


@torch.no_grad()
def test_company_never_changes_a_map() -> None:
    torch.manual_seed(0)
    network, pixels = EfficientNet(SMALL).eval(), torch.randn(3, 3, 16, 16)
    torch.testing.assert_close(network(pixels)[1:2], network(pixels[1:2]), atol=1e-5, rtol=1e-5)


def test_a_deeper_network_has_more_blocks() -> None:
    deeper = EfficientNet(dataclasses.replace(SMALL, depth=1.1))
    assert [len(stage) for stage in deeper.blocks] == [2, 3]  # rounded up


def test_gradients_reach_every_parameter_and_the_pixels() -> None:
    torch.manual_seed(0)
    network, pixels = EfficientNet(SMALL), torch.randn(2, 3, 16, 16, requires_grad=True)
    network(pixels).square().mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())
    assert pixels.grad.abs().sum() > 0
