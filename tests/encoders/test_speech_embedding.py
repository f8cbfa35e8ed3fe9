import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.config import build, plain
from hearsight.encoders.speech_embedding import (
    PictureEncoder,
    SpeechEmbedding,
    SpeechEmbeddingConfig,
    debug,
    pocket,
    published,
    square,
)
from hearsight.errors import ConfigError


@pytest.fixture
def network() -> SpeechEmbedding:
    torch.manual_seed(0)
    return SpeechEmbedding(debug()).eval()


@pytest.mark.parametrize("config", [published(), pocket(), debug()], ids=["published", "pocket", "debug"])
def test_configs_survive_being_written(config: SpeechEmbeddingConfig) -> None:
    assert build(SpeechEmbeddingConfig, plain(config)) == config


def test_the_published_inception_does_not_learn() -> None:
    with torch.device("meta"):
        network = SpeechEmbedding(published()).train()
    assert not network.picture.trunk.training and network.picture.training and network.speech.training
    assert not any(weight.requires_grad for weight in network.picture.trunk.parameters())
    assert sum(weight.numel() for weight in network.picture.parameters() if weight.requires_grad) == 2049 * 1024


def test_the_pocket_picture_encoder_learns() -> None:
    with torch.device("meta"):
        network = SpeechEmbedding(pocket()).train()
    assert network.picture.trunk.training
    assert all(weight.requires_grad for weight in network.parameters())


def test_gradients_reach_the_pixels(network: SpeechEmbedding) -> None:
    """The relation supervisor teaches the generator through the encoder, at whatever size it draws."""
    pixels = torch.rand(2, 3, 20, 20, requires_grad=True)
    embedding = network.picture(pixels)
    torch.testing.assert_close(embedding.norm(dim=1), torch.ones(2))
    embedding[:, 0].sum().backward()
    assert pixels.grad is not None and pixels.grad.abs().sum() > 0


def test_pictures_are_seen_one_at_a_time(network: SpeechEmbedding) -> None:
    random = np.random.default_rng(0)
    pictures = [Image.fromarray(random.integers(256, size=(40, 60, 3), dtype=np.uint8)) for _ in range(3)]
    seen = network.picture.see(pictures)
    assert seen.shape == (3, network.classifier.in_features)
    assert torch.equal(seen[1:2], network.picture.see(pictures[1:2]))
    assert network.picture.see([]).shape == (0, network.classifier.in_features)
    with pytest.raises(ConfigError, match="training mode"):
        network.train().picture.see(pictures)


def test_the_centre_square() -> None:
    picture = Image.new("RGB", (30, 10), "red")
    picture.paste((0, 0, 255), (10, 0, 20, 10))
    pixels = square(picture, 5)
    assert pixels.shape == (3, 5, 5)
    assert torch.equal(pixels[2], torch.ones(5, 5)) and torch.equal(pixels[0], -torch.ones(5, 5))


def test_inception_sees_as_itself() -> None:
    torch.manual_seed(0)
    encoder = PictureEncoder(published().picture, 4).eval()
    pixels = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        expected = torch.nn.functional.normalize(encoder.projection(encoder.trunk(pixels)), dim=1)
        assert torch.equal(encoder(pixels), expected)
