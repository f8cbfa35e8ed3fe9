from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from hearsight.conditions import token
from hearsight.conditions.token import AudioTokenEmbedder, AudioTokenEmbedderConfig, mix
from hearsight.errors import ConfigError


@pytest.fixture
def embedder() -> AudioTokenEmbedder:
    torch.manual_seed(0)
    return AudioTokenEmbedder(token.debug()).eval()


@pytest.fixture
def features() -> Tensor:
    return torch.randn(3, 7, 24, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("width", "parameters"), [(768, 8_853_507), (1024, 10_820_867)])
def test_the_published_sizes(width, parameters):
    with torch.device("meta"):
        network = AudioTokenEmbedder(replace(token.published(), width=width))
    assert sum(weight.numel() for weight in network.parameters()) == parameters


def test_the_pairwise_potential_is_the_mean_of_all_cosines(embedder, features):
    moments = embedder.project(features)
    left, right = embedder.pooling.pair_left(moments), embedder.pooling.pair_right(moments)
    cosines = functional.cosine_similarity(left[:, :, None], right[:, None], dim=-1)
    torch.testing.assert_close(embedder.pooling.pairwise(moments), cosines.mean(dim=2))


def test_the_token_lies_among_the_moments(embedder, features):
    moments = embedder.project(features)
    attention = embedder.pooling.attention(moments)
    torch.testing.assert_close(attention.sum(dim=1), torch.ones(3))
    torch.testing.assert_close(embedder(features), torch.einsum("bt,btw->bw", attention, moments))


def test_a_token_is_the_same_whatever_the_order_of_its_moments(embedder, features):
    torch.testing.assert_close(embedder(features.flip(1)), embedder(features))


def test_a_token_is_the_same_twice_unless_it_is_stochastic(embedder, features):
    assert torch.equal(embedder(features), embedder(features))
    stochastic = AudioTokenEmbedder(replace(token.debug(), stochastic=True)).eval()
    stochastic.load_state_dict(embedder.state_dict())
    assert not torch.equal(stochastic(features), stochastic(features))
    assert not torch.equal(stochastic(features), embedder(features))
    keep = stochastic.draw_keep(7, torch.Generator().manual_seed(3))
    again = stochastic.draw_keep(7, torch.Generator().manual_seed(3))
    assert torch.equal(stochastic(features, keep), stochastic(features, again))
    assert torch.equal(stochastic(features, keep), embedder(features, keep))


def test_training_drops_what_drawing_keeps(embedder, features):
    embedder.train()
    assert not torch.equal(embedder(features), embedder(features))
    whole = torch.ones(3, 7, 16, dtype=torch.bool)
    undropped = AudioTokenEmbedder(replace(token.debug(), dropout=0.0)).train()
    undropped.load_state_dict(embedder.state_dict())
    torch.testing.assert_close(undropped(features), embedder.eval()(features))
    torch.testing.assert_close(undropped(features, whole), undropped(features))


def test_dropout_leaves_the_potential_as_large_as_it_was(embedder, features):
    moments = embedder.project(features)
    random = torch.Generator().manual_seed(0)
    keeps = [embedder.draw_keep(7, random).expand(3, -1, -1) for _ in range(600)]
    mean = torch.stack([embedder.pooling.unary(moments, keep) for keep in keeps]).mean(dim=0)
    torch.testing.assert_close(mean, embedder.pooling.unary(moments), atol=0.05, rtol=0)


def test_a_dropout_that_cannot_be():
    with pytest.raises(ConfigError, match=r"dropout=1: a share lies in"):
        AudioTokenEmbedderConfig(dropout=1)


def test_mixtures():
    tokens = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(mix(tokens, [3, 1]), torch.tensor([0.75, 0.25]))
    with pytest.raises(ConfigError, match="3 weights for 2 sounds"):
        mix(tokens, [1, 1, 1])
    with pytest.raises(ConfigError, match="sum must be above 0"):
        mix(tokens, [1, -1])
