"""One random generator per picture, its noise drawn on the CPU: batch size, device and rank never change a picture."""

import hashlib

import torch
from jaxtyping import Float
from torch import Tensor


def derive(*parts: int | str) -> int:
    """A 63-bit seed that is a fixed function of `parts`; different parts give unrelated seeds."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*parts: int | str) -> torch.Generator:
    """A fresh CPU generator seeded by `parts` (a single integer is used as it is)."""
    seed = parts[0] if len(parts) == 1 and isinstance(parts[0], int) else derive(*parts)
    return torch.Generator("cpu").manual_seed(seed)


def noise(shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "..."]:
    """Standard normal noise of `shape`, drawn on the CPU in float32."""
    return torch.randn(shape, generator=generator)
