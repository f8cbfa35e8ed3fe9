from dataclasses import replace

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators.stacked_gan import (
    StackedGANConfig,
    StackedGenerator,
    debug,
    pocket,
    published,
    stackgan_v2,
)

DEBUG = debug()


def inputs(batch: int = 2, config: StackedGANConfig = DEBUG) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    widths = (config.augmentation.embed, config.noise, config.augmentation.width)
    return tuple(torch.randn(batch, width, generator=generator) for width in widths)


def size(config: StackedGANConfig) -> int:
    with torch.device("meta"):
        return sum(weight.numel() for weight in StackedGenerator(config).parameters())


def test_pictures_at_every_scale() -> None:
    torch.manual_seed(0)
    drawn = StackedGenerator(DEBUG).eval()(*inputs())
    assert [picture.shape for picture in drawn.pictures] == [(2, 3, 8, 8), (2, 3, 16, 16), (2, 3, 32, 32)]
    assert all(picture.abs().max() <= 1 for picture in drawn.pictures)
    assert drawn.cloud.mean.shape == (2, 4)
    assert published().sides == (64, 128, 256) and pocket().sides == (32, 64, 128)


def test_a_few_million_parameters_in_the_pocket() -> None:
    assert size(pocket()) == 1_225_198
    assert size(published()) > 5 * size(pocket())


def test_everything_is_listened_to() -> None:
    """Another embedding, noise or condition noise gives another picture, the same ones the same."""
    torch.manual_seed(0)
    network = StackedGenerator(DEBUG).eval()
    given = inputs()
    pictures = network(*given).pictures
    assert all(torch.equal(a, b) for a, b in zip(pictures, network(*given).pictures, strict=True))
    for changed in range(3):
        other = network(*(value + (index == changed) for index, value in enumerate(given))).pictures
        assert all((a - b).abs().max() > 1e-4 for a, b in zip(pictures, other, strict=True))


def test_pictures_do_not_depend_on_each_other_once_trained() -> None:
    torch.manual_seed(0)
    network = StackedGenerator(DEBUG).eval()
    together, alone = network(*inputs(3)).pictures[-1], network(*(value[1:2] for value in inputs(3))).pictures[-1]
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-6)


def test_what_a_stage_sees_of_the_earlier_ones() -> None:
    """The last picture depends on h_0 directly only where stacking is dense (equation 7)."""
    sizes = {}
    for stacking in ("plain", "concatenated", "dense"):
        config = replace(DEBUG, stacking=stacking)
        sizes[stacking] = size(config)
        torch.manual_seed(0)
        network = StackedGenerator(config).eval()
        last, condition = network.later[1], torch.randn(1, 4)
        h0, h1 = torch.randn(1, 8, 8, 8), torch.randn(1, 4, 16, 16)
        moved = (last(condition, [h0, h1]) - last(condition, [h0 + 1, h1])).abs().max()
        assert (moved > 1e-4) == (stacking == "dense")
        assert last(condition, [h0, h1]).shape == (1, 2, 32, 32)
    joint, ups = 3 * 3 * 8 * 2 * 4, 3 * 3 * (8 * 8 + 4 * 4)
    assert sizes["dense"] - sizes["concatenated"] == joint
    assert sizes["concatenated"] - sizes["plain"] == ups
    assert stackgan_v2() == replace(published(), stacking="plain")


def test_one_stage_alone() -> None:
    config = replace(DEBUG, stages=1)
    assert len(StackedGenerator(config).eval()(*inputs(config=config)).pictures) == 1


def test_impossible_shapes_are_refused() -> None:
    with pytest.raises(ConfigError, match="side=48"):
        StackedGANConfig(side=48)
    with pytest.raises(ConfigError, match="width=6: is halved 2 times"):
        StackedGANConfig(width=6)
