"""Learned and principal-component projection, and the embedding of silence."""

import pytest
import torch

from hearsight.conditions.projection import (
    LearnedProjection,
    PCAProjection,
    ProjectionConfig,
    drop_condition,
    projection,
    silence,
)
from hearsight.errors import ConfigError


def test_the_bias_still_enters_without_a_condition() -> None:
    config = ProjectionConfig(embed=6, width=4, normalise=False, slope=0.1)
    learned = LearnedProjection(config).eval()
    with torch.no_grad():
        learned.linear.bias.copy_(torch.tensor([1.0, -1.0, 2.0, -2.0]))
    assert torch.allclose(learned(silence(torch.randn(1, 6))), torch.tensor([[1.0, -0.1, 2.0, -0.2]]))


def test_normalised_after_the_activation() -> None:
    condition = LearnedProjection(ProjectionConfig(embed=32, width=64)).eval()(50 * torch.randn(5, 32))
    assert torch.allclose(condition.mean(1), torch.zeros(5), atol=1e-5)
    assert torch.allclose(condition.std(1, unbiased=False), torch.ones(5), atol=1e-3)


def test_dropout_only_in_training() -> None:
    learned = LearnedProjection(ProjectionConfig(embed=8, width=400, dropout=0.5))
    embedding = torch.randn(1, 8)
    assert 100 < int((learned(embedding) == 0).sum()) < 300
    assert torch.equal(learned.eval()(embedding), learned(embedding))


def test_components_keep_the_variance() -> None:
    torch.manual_seed(0)
    axes, _ = torch.linalg.qr(torch.randn(10, 10))
    embeddings = 3 + torch.randn(200, 3) * torch.tensor([5.0, 2.0, 1.0]) @ axes[:3] + 0.01 * torch.randn(200, 10)
    pca = PCAProjection(ProjectionConfig("pca", embed=10, width=3)).fit(embeddings)
    condition = pca(embeddings)
    restored = condition @ pca.components + pca.mean
    assert (restored - embeddings).std() < 0.02
    assert torch.allclose(condition.mean(0), torch.zeros(3), atol=1e-4)
    covariance = torch.cov(condition.T)
    assert torch.allclose(covariance, torch.diag(covariance.diag()), atol=1e-3)
    assert (covariance.diag().diff() < 0).all()
    assert not list(pca.parameters())
    assert torch.allclose(pca(silence(embeddings[:1])), -(pca.components @ pca.mean)[None], atol=1e-5)


def test_fits_agree_up_to_nothing() -> None:
    embeddings = torch.randn(40, 6)
    config = ProjectionConfig("pca", embed=6, width=2)
    first = PCAProjection(config).fit(embeddings)
    again = PCAProjection(config).fit(embeddings.flip(0))
    assert torch.allclose(first.components, again.components, atol=1e-5)


def test_what_cannot_be_fitted() -> None:
    with pytest.raises(ConfigError, match="at least 4"):
        PCAProjection(ProjectionConfig("pca", embed=8, width=4)).fit(torch.randn(3, 8))
    with pytest.raises(ConfigError, match=r"projection\.width"):
        PCAProjection(ProjectionConfig("pca", embed=8, width=9))


def test_kinds() -> None:
    assert isinstance(projection(ProjectionConfig(embed=8, width=4)), LearnedProjection)
    assert isinstance(projection(ProjectionConfig("pca", embed=8, width=4)), PCAProjection)


def test_dropped_rows_are_silent_and_the_others_untouched() -> None:
    embedding = torch.rand(2000, 3) + 0.5
    dropped = drop_condition(embedding, 0.2, torch.Generator().manual_seed(0))
    silent = (dropped == 0).all(dim=1)
    assert 0.17 < silent.float().mean() < 0.23
    assert torch.equal(dropped[~silent], embedding[~silent])
    assert torch.equal(dropped, drop_condition(embedding, 0.2, torch.Generator().manual_seed(0)))
    assert torch.equal(drop_condition(embedding, 0.0), embedding)
    assert not drop_condition(embedding, 1.0).any()
