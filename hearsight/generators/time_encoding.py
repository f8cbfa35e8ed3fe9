"""Sinusoidal time encoding (Vaswani et al., *Attention Is All You Need*, section 3.5), sines first, then cosines."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor


def time_encoding(timestep: Shaped[Tensor, " batch"], width: int) -> Float[Tensor, "batch width"]:
    """Sines, then cosines, of `timestep` times 10000^(-2k / width), k = 0 .. width / 2 - 1.

    Always float32: the arguments reach 1000, where bfloat16 would confuse neighbouring steps.
    """
    exponent = torch.arange(0, width, 2, dtype=torch.float32, device=timestep.device) / width
    frequency = 1 / 10000**exponent
    angle = timestep.float()[:, None] * frequency  # [batch, width / 2]
    return torch.cat([angle.sin(), angle.cos()], dim=1)
