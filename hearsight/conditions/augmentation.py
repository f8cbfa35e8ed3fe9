"""Conditioning augmentation: not one condition for an embedding but a small cloud of them, drawn from anew each time.

Zhang et al.: "StackGAN" (2017), section 3.2; F^ca in S2IGAN (Wang et al. 2020, equation 7). It makes many pairs of
condition and picture from few embeddings, and the space between the embeddings smooth.
"""

from dataclasses import dataclass
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class AugmentationConfig:
    """How an embedding becomes a cloud of conditions."""

    embed: int = 1024
    """Width of the embedding that comes in."""
    width: int = 128
    """Width of the condition that goes out."""
    scale: float = 1.0
    """What the embedding is multiplied with first. Each number of a unit embedding is small, and the wider it is, the
    smaller: a generator that learns briefly overhears it. The square root of `embed` makes each about one."""


class Cloud(NamedTuple):
    """Independent normal distributions."""

    mean: Float[Tensor, "batch width"]
    """their means"""
    log_variance: Float[Tensor, "batch width"]
    """the logarithms of their variances"""

    def sample(self, noise: Float[Tensor, "batch width"]) -> Float[Tensor, "batch width"]:
        """A condition from the cloud; `noise` is standard normal, zeros give the mean."""
        return self.mean + noise * (self.log_variance / 2).exp()

    def divergence(self) -> Float[Tensor, ""]:
        """The Kullback-Leibler divergence from the standard normal distribution, in nepers per number of a condition.

        The published code takes this mean; StackGAN's paper has the sum over a condition's numbers.
        """
        mean, log_variance = self.mean.float(), self.log_variance.float()
        return (mean.square() + log_variance.exp() - 1 - log_variance).mean() / 2


class ConditioningAugmentation(nn.Module):
    """A linear layer and a gated linear unit on its outputs (so that the variance is not a free affine map)."""

    def __init__(self, config: AugmentationConfig) -> None:
        super().__init__()
        self.scale = config.scale
        self.linear = nn.Linear(config.embed, 4 * config.width)

    def forward(self, embedding: Float[Tensor, "batch embed"]) -> Cloud:
        """The cloud around `embedding`."""
        mean, log_variance = functional.glu(self.linear(self.scale * embedding), dim=1).chunk(2, dim=1)
        return Cloud(mean, log_variance)
