"""Matching loss: among the pictures of a batch, a sentence should find its own, and the other way round.

Wang et al.: "S2IGAN" (2020), equations 1 to 4, after AttnGAN (Xu et al. 2018).
"""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

Reduction = Literal["mean", "sum"]
"""What becomes of a batch's losses: the paper sums them (equations 3 and 5), the published code takes their mean."""

BETA = 10.0


def matching_loss(
    speech: Float[Tensor, "batch embed"],
    picture: Float[Tensor, "batch embed"],
    classes: Int[Tensor, " batch"] | None = None,
    *,
    beta: float = BETA,
    reduction: Reduction = "mean",
    wrong: Float[Tensor, "more embed"] | None = None,
) -> Float[Tensor, ""]:
    """L_m of pairs of embeddings: cross entropies over the cosines times `beta`, in both directions.

    Args:
        speech, picture: row i of both is a pair; neither need be of unit length.
        classes: pictures of the sentence's class that are not its own are left out of the comparison (equation 2's
            mask); without classes all are compared.
        wrong: more pictures, which no sentence should find.
    """
    speech, picture = functional.normalize(speech.float(), dim=1), functional.normalize(picture.float(), dim=1)
    logits = beta * speech @ picture.mT  # S(A_i, V_j) of equation 1
    own = torch.arange(len(logits), device=logits.device)
    if classes is not None:
        alike = (classes[:, None] == classes).fill_diagonal_(False)
        logits = logits.masked_fill(alike, -torch.inf)
    found = logits if wrong is None else torch.cat((logits, beta * speech @ functional.normalize(wrong.float()).mT), 1)
    rows, columns = (functional.cross_entropy(one, own, reduction=reduction) for one in (found, logits.mT))
    return rows + columns
