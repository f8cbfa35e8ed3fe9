import torch
from torch.distributions import Normal, kl_divergence

from hearsight.conditions.augmentation import AugmentationConfig, Cloud, ConditioningAugmentation


def test_samples_lie_in_the_cloud() -> None:
    cloud = Cloud(torch.tensor([[1.0, -2.0]]), torch.tensor([[0.0, 2.0]]))
    assert torch.equal(cloud.sample(torch.zeros(1, 2)), cloud.mean)
    drawn = cloud.sample(torch.randn(20000, 2, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(drawn.mean(dim=0), cloud.mean[0], atol=0.05, rtol=0)
    torch.testing.assert_close(drawn.var(dim=0), cloud.log_variance[0].exp(), atol=0, rtol=0.03)


def test_divergence_is_kullback_and_leiblers() -> None:
    torch.manual_seed(0)
    cloud = Cloud(torch.randn(5, 3), torch.randn(5, 3))
    expected = kl_divergence(Normal(cloud.mean, (cloud.log_variance / 2).exp()), Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(cloud.divergence(), expected)
    assert Cloud(torch.zeros(2, 3), torch.zeros(2, 3)).divergence() == 0


def test_clouds_of_embeddings() -> None:
    torch.manual_seed(0)
    augmentation = ConditioningAugmentation(AugmentationConfig(embed=6, width=3))
    embedding = torch.randn(4, 6)
    cloud = augmentation(embedding)
    assert cloud.mean.shape == cloud.log_variance.shape == (4, 3)
    value, gate = augmentation.linear(embedding).chunk(2, dim=1)
    torch.testing.assert_close(torch.cat(cloud, dim=1), value * gate.sigmoid())


def test_a_louder_embedding_is_the_embedding_multiplied() -> None:
    torch.manual_seed(0)
    plain = ConditioningAugmentation(AugmentationConfig(embed=6, width=3))
    loud = ConditioningAugmentation(AugmentationConfig(embed=6, width=3, scale=20.0))
    loud.load_state_dict(plain.state_dict())
    embedding = torch.randn(4, 6)
    torch.testing.assert_close(torch.cat(loud(embedding), 1), torch.cat(plain(20 * embedding), 1))
