"""Pictures in [-1, 1] as pixels in [0, 1], kept inside without losing the way back."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor


class _ClampWithWayBack(torch.autograd.Function):
    """A clamp to [0, 1] whose gradient passes outside the range only where a step against it leads back inside."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        (gradient,) = gradients
        outside = values - values.clamp(0, 1)
        return gradient * (gradient * outside >= 0)


def unit_pixels(picture: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """Values in about [-1, 1] as pixels in [0, 1].

    Outside the range a plain clamp has no gradient, so a pixel that left it would never come back; here a gradient
    passes where following it down leads back inside, as in VQGAN-CLIP.
    """
    return _ClampWithWayBack.apply((picture + 1) / 2)
