"""StyleGAN2: three spaces of one picture, noise by seed, truncation, gradients."""

import pytest
import torch
from torch.autograd import gradcheck

from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.generators.stylegan2 import StyleGAN2, StyleGAN2Config, debug, pocket, published
from hearsight.seeds import generator


@pytest.fixture
def network() -> StyleGAN2:
    torch.manual_seed(0)
    network = StyleGAN2(debug()).eval().requires_grad_(False)
    for block in (network.first, *network.ups, *network.convs):
        block.noise_strength.fill_(0.5)
    return network


def parameters(config: StyleGAN2Config) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in StyleGAN2(config).parameters())


def test_sizes() -> None:
    assert published().size == 1024
    assert published().layers == 18
    assert parameters(published()) == 30_370_060
    assert pocket().size == 64
    assert 4e5 < parameters(pocket()) < 6e5
    with pytest.raises(ConfigError, match="size=100"):
        published(100)
    with pytest.raises(ConfigError, match="at least two widths"):
        StyleGAN2Config((8,))


def test_config_survives_json() -> None:
    assert build(StyleGAN2Config, plain(pocket())) == pocket()


def test_three_spaces_of_one_picture(network: StyleGAN2) -> None:
    w = network.map(torch.randn(2, 8))
    picture = network(w)
    assert picture.shape == (2, 3, 16, 16)
    assert torch.equal(network(network.spread(w), "w+"), picture)
    assert torch.equal(network(network.styles(network.spread(w)), "style"), picture)
    assert torch.equal(network(network.mix(w, w.flip(0), network.config.layers), "w+"), picture)
    with pytest.raises(ConfigError, match="space='z'"):
        network(w, "z")  # type: ignore[arg-type]


def test_early_layers_take_the_coarse_latent(network: StyleGAN2) -> None:
    first, second = network.map(torch.randn(2, 1, 8).flatten(0, 1)).split(1)
    mixed = network.mix(first, second, 2)
    assert torch.equal(mixed[:, :2], network.spread(first)[:, :2])
    assert torch.equal(mixed[:, 2:], network.spread(second)[:, 2:])


def test_colour_styles(network: StyleGAN2) -> None:
    """Colours change with them and nothing else does: with equal colours styles the features agree."""
    colours = network.colour_styles()
    assert colours.sum() == 8 + 8 + 4  # what comes into the three to-RGB convolutions
    styles = network.styles(network.spread(network.map(torch.randn(1, 8))))
    without = styles.masked_fill(colours, 0.0)
    flat = network(without, "style")
    assert torch.equal(flat, torch.zeros_like(flat))  # biases are zero, so no style of colours means no colours


def test_truncation(network: StyleGAN2) -> None:
    network.mean_w.copy_(torch.arange(8.0))
    w = torch.randn(3, 8)
    torch.testing.assert_close(network.truncate(w, 1.0), w)
    torch.testing.assert_close(network.truncate(w, 0.0), network.mean_w.expand(3, -1))
    torch.testing.assert_close(network.truncate(network.spread(w), 0.7)[:, 0], network.truncate(w, 0.7))


def test_seeds(network: StyleGAN2) -> None:
    assert torch.equal(network.random_w(generator(3)), network.random_w(generator(3)))
    assert not torch.equal(network.random_w(generator(3)), network.random_w(generator(4)))
    assert torch.equal(network.estimate_mean(), network.estimate_mean())
    many = network.map(torch.randn(20_000, 8))
    assert (network.estimate_mean() - many.mean(dim=0)).abs().max() < 0.1 * many.std()


def test_noise_belongs_to_the_picture(network: StyleGAN2) -> None:
    w = network.map(torch.randn(1, 8))
    both = network(w.expand(2, -1), noise=network.noises([1, 2]))
    torch.testing.assert_close(both[1:], network(w, noise=network.noises([2])))
    assert not torch.allclose(both[0], both[1])
    assert torch.equal(network(w), network(w))


def test_backward(network: StyleGAN2) -> None:
    """By finite differences, through the mapping and every layer."""
    network.double()
    z = torch.randn(1, 8, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda z: network(network.map(z))[:, :, ::5, ::5], z)
    latent = network.spread(network.map(z)).detach().clone(memory_format=torch.contiguous_format).requires_grad_()
    assert gradcheck(lambda latent: network(latent, "w+")[:, :, ::5, ::5], latent)
