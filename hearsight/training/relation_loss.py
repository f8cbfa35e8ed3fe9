"""Relation loss: a drawing should be to the ground truth as another picture of its class is, yet not the same picture.

Wang et al.: "S2IGAN" (2020), equation 8.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from hearsight.generators.relation_classifier import Relation, RelationClassifier
from hearsight.training.players import unmoved


class RelationLoss(NamedTuple):
    """Equation 8, by whom it teaches."""

    classifier: Float[Tensor, ""]
    """all four terms, for the classifier's weights"""
    generator: Float[Tensor, ""]
    """the last term, for the drawing"""


def relation_loss(
    classifier: RelationClassifier,
    truth: Float[Tensor, "batch embed"],
    same: Float[Tensor, "batch embed"],
    other: Float[Tensor, "batch embed"],
    drawn: Float[Tensor, "batch embed"],
) -> RelationLoss:
    """The loss of embeddings of the ground truth, a picture of its class, one of another class, and the drawing.

    No gradient of `classifier` reaches the drawing, none of `generator` the classifier's weights.
    """

    def entropy(logits: Float[Tensor, "batch output"], relation: Relation) -> Float[Tensor, ""]:
        wanted = torch.full((len(logits),), relation, device=logits.device)
        return functional.cross_entropy(logits.float(), wanted)

    taught = (
        entropy(classifier(truth, same), Relation.SAME_CLASS)
        + entropy(classifier(truth, other), Relation.OTHER_CLASS)
        + entropy(classifier(truth, truth), Relation.ITSELF)
        + entropy(classifier(truth, drawn.detach()), Relation.SAME_CLASS)
    )
    return RelationLoss(taught, entropy(unmoved(classifier, truth, drawn), Relation.SAME_CLASS))
