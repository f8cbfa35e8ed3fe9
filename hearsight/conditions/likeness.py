"""How like a picture is to what it should be like, and to what it should not: the condition of a search.

A target is an embedding (of a sound, a text or a picture) with a weight; a negative weight means "against". Distances:
*cosine*, 1 - s cos(a, b) (StyleCLIP with s = 1, StyleWav with s = 1/7), and *spherical*, 2 arcsin(|a - b| / 2)^2 of the
unit vectors, which is half the square of the angle between them (VQGAN-CLIP).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hearsight.errors import ConfigError

Distance = Literal["cosine", "spherical"]


@dataclass(frozen=True)
class Target:
    """Something a picture is pulled towards, or pushed away from."""

    embedding: Float[Tensor, " embed"]
    """Of any length; only its direction counts."""
    weight: float = 1.0
    """How strongly; negative for "against"."""

    def __post_init__(self) -> None:
        if self.embedding.ndim != 1:
            raise ConfigError(f"a target of shape {list(self.embedding.shape)}: give one embedding, [embed].")


def unlikeness(
    looked: Float[Tensor, "view embed"], targets: Sequence[Target], distance: Distance = "spherical", scale: float = 1.0
) -> Float[Tensor, ""]:
    """The weighted sum of distances from the targets, each averaged over the views of one picture.

    `scale` is s of the cosine distance; the spherical one has none.
    """
    if distance not in ("cosine", "spherical"):
        raise ConfigError(f"distance={distance!r}: there is none of this name; use cosine or spherical.")
    views = F.normalize(looked, dim=-1)
    # Cloned: targets may have been computed in inference mode, where autograd cannot keep them.
    wanted = F.normalize(torch.stack([target.embedding.to(views).clone() for target in targets]), dim=-1)
    weights = views.new_tensor([target.weight for target in targets])
    apart = 1 - scale * views @ wanted.mT if distance == "cosine" else spherical(views[:, None], wanted[None])
    return (apart.mean(dim=0) * weights).sum()


def spherical(a: Float[Tensor, "*batch embed"], b: Float[Tensor, "*batch embed"]) -> Float[Tensor, "*batch"]:
    """2 arcsin(|a - b| / 2)^2 of unit vectors: half the square of the angle between them."""
    # The root has no gradient at 0, where both agree, and the arcsine none at 1, where they are opposite.
    chord = (a - b).square().sum(dim=-1).clamp(1e-12, 4 - 1e-6).sqrt()
    return 2 * torch.asin(chord / 2).square()
