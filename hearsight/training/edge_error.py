"""How wrong the edges of a picture are."""

from jaxtyping import Float
from torch import Tensor


def edge_error(error: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, ""]:
    """The mean absolute error of differences between neighbours, down plus across, given the `error` of every pixel.

    The absolute error of pixels alone is content with soft edges.
    """
    return error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
