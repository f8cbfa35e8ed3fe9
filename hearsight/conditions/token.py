"""From what is heard over time to one word of a text-to-image model: the audio token.

Yariv et al., *AudioToken: Adaptation of Text-Conditioned Diffusion Models for Audio-to-Image Generation* (Interspeech
2023), section 2.1:

    e(t) = W2 gelu(W1 features(t))      two linear layers at every moment of the sound                  equation 5
    token = sum over t of a(t) e(t)     attentive pooling: one factor graph over the moments            equation 6

The attention a(t) is a softmax over two potentials (Schwartz et al., *Factor Graph Attention*, 2019): how telling a
moment is by itself, and how much it resembles the whole sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.errors import ConfigError


@dataclass(frozen=True)
class AudioTokenEmbedderConfig:
    """The widths of the two layers. The defaults are the published ones: 8,853,507 parameters."""

    features: int = 2304
    """Width of what is heard: three layers of BEATs joined."""
    width: int = 768
    """Width of a word of the text encoder: 768 for Stable Diffusion 1.x, 1024 for 2.x."""
    dropout: float = 0.5
    """Share of the entries behind the first potential that are dropped in training."""
    stochastic: bool = False
    """Drop them also when drawing, as the published code does: then a sound gives another token with every seed."""

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout={self.dropout}: a share lies in [0, 1); the published one is 0.5.")


def published() -> AudioTokenEmbedderConfig:
    """The paper's, for BEATs and Stable Diffusion 1.x."""
    return AudioTokenEmbedderConfig()


def pocket(features: int = 384, width: int = 128) -> AudioTokenEmbedderConfig:
    """What ships with the package, for an ear and a text encoder of these widths."""
    return AudioTokenEmbedderConfig(features, width)


def debug(features: int = 24, width: int = 16) -> AudioTokenEmbedderConfig:
    """Tiny, for tests and docs."""
    return AudioTokenEmbedderConfig(features, width)


class AudioTokenEmbedder(nn.Module):
    """Two linear layers with a GELU between them, and attentive pooling over time."""

    def __init__(self, config: AudioTokenEmbedderConfig) -> None:
        super().__init__()
        self.config = config
        self.first = nn.Linear(config.features, config.features)
        self.second = nn.Linear(config.features, config.width)
        self.pooling = FactorGraphPooling(config.width)

    def forward(
        self, features: Float[Tensor, "batch time features"], keep: Bool[Tensor, "batch time width"] | None = None
    ) -> Float[Tensor, "batch width"]:
        """The token of every sound; nothing normalises it on its way into the prompt.

        Args:
            keep: which entries survive dropout, e.g. of `draw_keep`. Without it they are drawn from torch's global
                generator, in training or where `config.stochastic` says so, else nothing is dropped.
        """
        moments = self.project(features)
        if keep is None and (self.training or self.config.stochastic) and self.config.dropout:
            keep = torch.rand(moments.shape, device=moments.device) >= self.config.dropout
        return self.pooling(moments, keep, self.config.dropout)

    def project(self, features: Float[Tensor, "batch time features"]) -> Float[Tensor, "batch time width"]:
        """Every moment by itself as a word (equation 5)."""
        return self.second(functional.gelu(self.first(features)))

    def draw_keep(self, time: int, random: torch.Generator) -> Bool[Tensor, "1 time width"]:
        """Which entries survive dropout for one sound of `time` moments, drawn on the CPU."""
        return torch.rand(1, time, self.config.width, generator=random) >= self.config.dropout


class FactorGraphPooling(nn.Module):
    """Attentive pooling by a factor graph with one utility, the moments of a sound (equation 6)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.unary_embed = nn.Linear(width, width)
        self.unary_reduce = nn.Linear(width, 1)  # its bias moves all moments alike, so the softmax cancels it
        self.pair_left = nn.Linear(width, width)
        self.pair_right = nn.Linear(width, width)
        self.weigh = nn.Linear(2, 1, bias=False)

    def forward(
        self,
        moments: Float[Tensor, "batch time width"],
        keep: Bool[Tensor, "batch time width"] | None = None,
        dropout: float = 0.5,
    ) -> Float[Tensor, "batch width"]:
        """The moments, averaged by their attention."""
        attention = self.attention(moments, keep, dropout)
        return (attention[..., None] * moments).sum(dim=1)

    def attention(
        self,
        moments: Float[Tensor, "batch time width"],
        keep: Bool[Tensor, "batch time width"] | None = None,
        dropout: float = 0.5,
    ) -> Float[Tensor, "batch time"]:
        """How much each moment counts; sums to 1 over time."""
        potentials = torch.stack([self.unary(moments, keep, dropout), self.pairwise(moments)], dim=-1)
        return self.weigh(potentials).squeeze(-1).softmax(dim=1)

    def unary(
        self,
        moments: Float[Tensor, "batch time width"],
        keep: Bool[Tensor, "batch time width"] | None = None,
        dropout: float = 0.5,
    ) -> Float[Tensor, "batch time"]:
        """How telling each moment is by itself."""
        told = self.unary_embed(moments).relu()
        if keep is not None:
            told = told * keep.to(told) / (1 - dropout)
        return self.unary_reduce(told).squeeze(-1)

    def pairwise(self, moments: Float[Tensor, "batch time width"]) -> Float[Tensor, "batch time"]:
        """How much each moment resembles all moments, itself included: the mean of their cosines.

        The mean is taken before the product, which is the same number without a time x time matrix.
        """
        left = functional.normalize(self.pair_left(moments), dim=-1)
        right = functional.normalize(self.pair_right(moments), dim=-1)
        return (left @ right.mean(dim=1)[..., None]).squeeze(-1)


def mix(tokens: Float[Tensor, "sound width"], weights: Sequence[float]) -> Float[Tensor, "width"]:
    """One token between those of several sounds: their mean, weighted."""
    if len(weights) != len(tokens):
        raise ConfigError(f"{len(weights)} weights for {len(tokens)} sounds: give one for each.")
    if not sum(weights) > 0:
        raise ConfigError(f"weights={list(weights)}: their sum must be above 0, e.g. (0.7, 0.3).")
    shares = torch.tensor(list(weights)).to(tokens) / sum(weights)
    return (shares[:, None] * tokens).sum(dim=0)
