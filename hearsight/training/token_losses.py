"""What AudioToken's training asks of a token besides a good picture (section 2.1, equations 7-9).

The paper's formulas and the published code differ; each function has both forms, the code's being the default.
"""

from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

Form = Literal["code", "paper"]


def sparsity(token: Float[Tensor, "batch width"], form: Form = "code") -> Float[Tensor, ""]:
    """The l1 term of equation 8: the norm of a token, meant over the batch; the code divides it by the width."""
    size = token.abs()
    return size.mean() if form == "code" else size.sum(dim=1).mean()


def energy(token: Float[Tensor, "batch width"]) -> Float[Tensor, ""]:
    """The squared norm, meant over the batch: a term of the published code, whose weight is 0 there."""
    return token.square().sum(dim=1).mean()


def classification(
    token: Float[Tensor, "batch width"], label: Float[Tensor, "batch width"], form: Form = "code"
) -> Float[Tensor, ""]:
    """Equation 7: (1 - cosine of token and encoded label) squared.

    The paper squares each sound's and the mean follows; the code takes the mean of the cosines before it squares.
    """
    distance = 1 - functional.cosine_similarity(token, label, dim=1)
    return distance.mean().square() if form == "code" else distance.square().mean()
