"""VQGAN: codes, straight-through gradients, the codebook's range, sizes."""

import pytest
import torch
from torch.autograd import gradcheck

from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.generators.vqgan import VQGAN, VQGANConfig, debug, pocket, published
from hearsight.seeds import generator


@pytest.fixture(scope="module")
def network() -> VQGAN:
    torch.manual_seed(0)
    network = VQGAN(debug()).eval().requires_grad_(False)
    torch.nn.init.normal_(network.codebook)
    return network


def parameters(config: VQGANConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in VQGAN(config).parameters())


def test_sizes() -> None:
    assert parameters(published()) - parameters(published(1024)) == (16384 - 1024) * 256
    assert published().factor == pocket().factor == 16
    assert 1e6 < parameters(pocket()) < 2e6


def test_configs() -> None:
    assert build(VQGANConfig, plain(pocket())) == pocket()
    with pytest.raises(ConfigError, match="12 cannot be split into 8 groups"):
        VQGANConfig(size=16, channels=(8, 12), groups=8)
    with pytest.raises(ConfigError, match="size=100"):
        VQGANConfig(size=100)


def test_nearest_is_nearest(network: VQGAN) -> None:
    latent = torch.randn(2, 4, 3, 5)
    apart = (latent[:, None] - network.codebook[None, :, :, None, None]).norm(dim=2)
    codes = network.nearest(latent)
    assert torch.equal(codes, apart.argmin(dim=1))
    assert torch.equal(network.nearest(network.lookup(codes)), codes)
    assert torch.equal(network.lookup(codes)[1, :, 2, 3], network.codebook[codes[1, 2, 3]])


def test_quantise_goes_straight_through(network: VQGAN) -> None:
    latent = torch.randn(1, 4, 2, 2, requires_grad=True)
    rows = network.quantise(latent)
    assert torch.equal(rows, network.lookup(network.nearest(latent)))
    direction = torch.randn_like(rows)
    (gradient,) = torch.autograd.grad((rows * direction).sum(), latent)
    assert torch.equal(gradient, direction)


def test_draw_moves_the_latent_as_if_it_had_been_its_code(network: VQGAN) -> None:
    latent = torch.randn(1, 4, 4, 4, requires_grad=True)
    row = network.quantise(latent).detach().requires_grad_()
    weights = torch.randn(1, 3, 8, 8)
    pixels = network.draw(latent)
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    (gradient,) = torch.autograd.grad((pixels * weights).sum(), latent)
    (expected,) = torch.autograd.grad((network.draw(row) * weights).sum(), row)
    assert torch.equal(gradient, expected)


def test_backward_of_the_decoder_and_encoder() -> None:
    """By finite differences; between two codes the quantiser is flat, so it is left out."""
    torch.manual_seed(0)
    network = VQGAN(debug()).eval().double().requires_grad_(False)
    latent = torch.randn(1, 4, 2, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(network.decode, latent)
    picture = torch.randn(1, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(network.encode, picture)


def test_a_search_over_codes(network: VQGAN) -> None:
    codes = torch.randint(16, (1, 4, 4))
    logits = (8.0 * torch.nn.functional.one_hot(codes, 16).movedim(-1, 1)).requires_grad_()
    pixels = network.draw_mixture(logits)
    assert torch.equal(pixels, network.draw(network.lookup(codes)))
    (gradient,) = torch.autograd.grad(pixels.sum(), logits)
    assert gradient.abs().sum() > 0


def test_codebook_range(network: VQGAN) -> None:
    kept = network.within_codebook(torch.randn(1, 4, 3, 3) * 100)
    for channel in range(4):
        values = network.codebook[:, channel]
        assert set(kept[0, channel].flatten().tolist()) <= {values.min().item(), values.max().item()}
    inside = network.codebook.mean(dim=0)[None, :, None, None].expand(1, -1, 2, 2)
    assert torch.equal(network.within_codebook(inside), inside)


def test_random_latents(network: VQGAN) -> None:
    latent = network.random_latent(generator(5))
    assert latent.shape == (4, 8, 8)
    assert torch.equal(latent, network.random_latent(generator(5)))
    assert network.random_latent(generator(5), height=9, width=1).shape == (4, 4, 1)
    assert torch.equal(network.quantise(latent[None])[0], latent)


def test_training_loss_moves_encoder_codebook_and_decoder() -> None:
    network = VQGAN(debug())
    torch.nn.init.normal_(network.codebook)
    picture = torch.randn(2, 3, 16, 16)
    back = network(picture)
    ((back.picture - picture).square().mean() + back.codebook_loss).backward()
    inner = network.network
    for weight in (inner.encoder.conv_in.weight, network.codebook, inner.decoder.conv_out.weight):
        assert weight.grad is not None
        assert weight.grad.abs().sum() > 0
    assert back.codes.shape == (2, 8, 8)


def test_a_picture_must_be_whole_codes(network: VQGAN) -> None:
    with pytest.raises(ConfigError, match="multiples of 2"):
        network.encode(torch.zeros(1, 3, 5, 4))
