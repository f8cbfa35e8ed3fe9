"""What needs no published numbers; those are in tests/parity."""

import pytest
import torch

from hearsight.encoders.inception import DEPTHS, Inception, InceptionConfig, fid, published
from hearsight.errors import ConfigError


@pytest.fixture(scope="module")
def network() -> Inception:
    torch.manual_seed(0)
    return Inception(InceptionConfig(classes=10)).eval()


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.rand(1, 3, 40, 60, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_sizes_of_the_published_networks() -> None:
    with torch.device("meta"):
        counts = [sum(weight.numel() for weight in Inception(config()).parameters()) for config in (published, fid)]
    assert counts == [23_834_568, 23_834_568 + 8 * 2049]  # torchvision: 27,161,264 with the auxiliary head


def test_features_at_every_depth_and_probabilities(network: Inception, pixels: torch.Tensor) -> None:
    with torch.no_grad():
        features, last = network.features(pixels), network(pixels)
        shallow = network.features(pixels, (192,))
        likely = network.probabilities(pixels)
    assert {depth: values.shape for depth, values in features.items()} == {depth: (1, depth) for depth in DEPTHS}
    assert torch.equal(last, features[2048])
    assert list(shallow) == [192] and torch.equal(shallow[192], features[192])
    assert likely.shape == (1, 10) and likely.sum().item() == pytest.approx(1, abs=1e-5)


def test_each_file_has_its_own_arithmetic(network: Inception, pixels: torch.Tensor) -> None:
    """The same weights give other features as soon as zeros around the picture count or not."""
    other = Inception(InceptionConfig("tensorflow", classes=10)).eval()
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        one, two = network.features(pixels), other.features(pixels)
    assert torch.equal(one[192], two[192])
    assert not torch.allclose(one[768], two[768], rtol=1e-3)


def test_mistakes_are_explained(network: Inception, pixels: torch.Tensor) -> None:
    with pytest.raises(ConfigError, match=r"depths=\(100,\): features are taken at some of 64, 192, 768, 2048"):
        network.features(pixels, (100,))
    with torch.device("meta"):
        blind = Inception(InceptionConfig(classes=0))
    with pytest.raises(ConfigError, match="classes=0"):
        blind.probabilities(pixels)
