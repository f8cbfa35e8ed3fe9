"""The relation supervisor's classifier: how does one picture relate to another?

Wang et al.: "S2IGAN" (2020), section 2.3.2. It compares the pictures' embeddings by the speech embedding network.
"""

from dataclasses import dataclass
from enum import IntEnum

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Relation(IntEnum):
    """The three relations by their output in the published code (in brackets the paper's L_1, L_2, L_3)."""

    ITSELF = 0
    """a picture and itself: undesired, since drawings should differ (L_3)"""
    SAME_CLASS = 1
    """two pictures of one class: what a drawing should be to the ground truth (L_1)"""
    OTHER_CLASS = 2
    """two pictures of different classes: negative (L_2)"""


@dataclass(frozen=True)
class RelationConfig:
    """The shape of a RelationClassifier."""

    embed: int = 1024
    """Width of a picture's embedding."""
    width: int = 128
    """Width of the hidden layer."""
    outputs: int = 4
    """Relations told apart: the paper has three, the published code four outputs of which it never uses the last."""


class RelationClassifier(nn.Module):
    """Two embeddings to a logit for every relation."""

    def __init__(self, config: RelationConfig) -> None:
        super().__init__()
        self.config = config
        self.hidden = nn.Linear(2 * config.embed, config.width)
        self.norm = nn.BatchNorm1d(config.width)
        self.out = nn.Linear(config.width, config.outputs)

    def forward(
        self, one: Float[Tensor, "batch embed"], other: Float[Tensor, "batch embed"]
    ) -> Float[Tensor, "batch output"]:
        """Logits of the relation of `one` (the ground truth) to `other`."""
        return self.out(self.norm(self.hidden(torch.cat((one, other), dim=1))).relu())
