"""Distinctive loss: one classifier should tell the class of a sentence, and of a picture, by their embeddings.

Wang et al.: "S2IGAN" (2020), equation 5.
"""

from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from hearsight.training.matching_loss import Reduction


def distinctive_loss(
    speech: Float[Tensor, "batch class"],
    picture: Float[Tensor, "batch class"],
    classes: Int[Tensor, " batch"],
    *,
    reduction: Reduction = "mean",
) -> Float[Tensor, ""]:
    """L_d of the logits that the same linear layer gives sentences and pictures of `classes`."""
    heard, seen = (
        functional.cross_entropy(logits.float(), classes, reduction=reduction) for logits in (speech, picture)
    )
    return heard + seen
