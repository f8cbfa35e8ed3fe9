"""From an audio embedding to the narrower vector a generator listens to: learned, or by principal components.

R. Kyle, *Hierarchical Audio-Conditional Image Generation with AudioCLIP Latents*, sections 3.3.2, 4.5 and 5.4.
"No condition" is the embedding of all zeros (section 3.3.3). It passes through the projection like any other, so the
bias of a learned projection, and the mean of a fitted one, still reach the generator.
"""

from dataclasses import dataclass
from typing import Literal, Self

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.errors import ConfigError


@dataclass(frozen=True)
class ProjectionConfig:
    """How an embedding becomes a condition."""

    kind: Literal["learned", "pca"] = "learned"
    """`learned`: a layer trained with the generator; `pca`: principal components of the training embeddings."""
    embed: int = 1024
    """Width of the embedding that comes in (AudioCLIP: 1024)."""
    width: int = 256
    """Width of the condition that goes out; it is added to the time encoding, so the two are equally wide."""
    slope: float = 0.01
    """Slope of the leaky ReLU below zero (learned only)."""
    normalise: bool = True
    """LayerNorm after the activation (learned only). Without it pictures come out over-exposed (section 5.4)."""
    dropout: float = 0.1
    """Share of the condition's entries dropped in training (learned only). Section 5.4 names dropout but no rate."""


class LearnedProjection(nn.Module):
    """Linear, leaky ReLU, LayerNorm, dropout.

    Section 5.4 reveals the last two without order or rate. We normalise after the activation, so that the condition
    has a fixed scale beside the time encoding, and drop last, so that what is dropped is really absent.
    """

    def __init__(self, config: ProjectionConfig) -> None:
        super().__init__()
        self.linear = nn.Linear(config.embed, config.width)
        self.activation = nn.LeakyReLU(config.slope)
        self.norm = nn.LayerNorm(config.width) if config.normalise else nn.Identity()
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, embedding: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch width"]:
        """The condition heard in `embedding`."""
        return self.dropout(self.norm(self.activation(self.linear(embedding))))


class PCAProjection(nn.Module):
    """The leading principal components of the training embeddings, neither trained nor normalised (section 5.4)."""

    mean: Float[Tensor, " embed"]
    components: Float[Tensor, "width embed"]

    def __init__(self, config: ProjectionConfig) -> None:
        super().__init__()
        if config.width > config.embed:
            raise ConfigError(
                f"projection.width: {config.width} is more than the {config.embed} components an embedding has; "
                f"use at most {config.embed}, or projection.kind=learned."
            )
        self.register_buffer("mean", torch.zeros(config.embed))
        self.register_buffer("components", torch.eye(config.width, config.embed))

    def fit(self, embeddings: Float[Tensor, "sound embed"]) -> Self:
        """Take mean and components from `embeddings` (at least `width` of them). Returns itself."""
        width = self.components.shape[0]
        if len(embeddings) < width:
            raise ConfigError(f"{len(embeddings)} embeddings cannot give {width} components; fit on at least {width}.")
        data = embeddings.detach().double()
        _, _, directions = torch.linalg.svd(data - data.mean(0), full_matrices=False)
        # A component is only defined up to its sign: the largest entry is made positive, so that fits agree.
        largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
        self.mean.copy_(data.mean(0))
        self.components.copy_((directions * largest.sign())[:width])
        return self

    def forward(self, embedding: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch width"]:
        """The coordinates of `embedding` along the components."""
        return (embedding - self.mean) @ self.components.T


def projection(config: ProjectionConfig) -> LearnedProjection | PCAProjection:
    """The projection that `config` describes."""
    return LearnedProjection(config) if config.kind == "learned" else PCAProjection(config)


def silence(embedding: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch embed"]:
    """The embedding that stands for "no condition": all zeros (section 3.3.3)."""
    return torch.zeros_like(embedding)


def drop_condition(
    embedding: Float[Tensor, "batch embed"], rate: float, generator: torch.Generator | None = None
) -> Float[Tensor, "batch embed"]:
    """`embedding` with each row silenced with probability `rate`, as classifier-free guidance is trained (20 %).

    Rows are chosen one by one, on the CPU from `generator`, so that device and rank never change the choice.
    """
    kept = torch.rand(len(embedding), 1, generator=generator) >= rate
    return embedding * kept.to(embedding)
