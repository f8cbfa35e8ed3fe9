"""Clean pictures made a little rough, so that who learns from them is not swayed by the roughness of drawn ones."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import avg_pool2d

BLURRED = 0.3
"""Share of the batches that are blurred."""


def roughened(pixels: Float[Tensor, "batch 3 height width"], noise: float) -> Float[Tensor, "batch 3 height width"]:
    """Pictures with noise of a deviation up to `noise`, another for each; some batches are blurred as well.

    All chance comes from torch's global generator, drawn on the CPU.
    """
    pixels = pixels + (torch.rand(len(pixels), 1, 1, 1) * noise * torch.randn(pixels.shape)).to(pixels)
    if torch.rand(()) < BLURRED:
        pixels = avg_pool2d(pixels, 3, stride=1, padding=1, count_include_pad=False)
    return pixels
