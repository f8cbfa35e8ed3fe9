"""Latents that a user has: in a file, or at hand."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.errors import ConfigError

SUFFIXES = (".npy", ".safetensors", ".pt")

Latent = str | Path | np.ndarray | Tensor


def read_latent(source: Latent) -> Float[Tensor, "*latent"]:
    """A latent: a file (.npy, or .safetensors or .pt with one tensor in it) or an array.

    A first axis of one, which a batch of one latent has, is taken off; whether the shape is right, the generator knows.
    Raises ConfigError for a file that is missing or holds something else, and for numbers that are not finite.
    """
    value = _content(Path(source)) if isinstance(source, str | Path) else source
    latent = torch.as_tensor(value).detach().float()
    name = str(source) if isinstance(source, str | Path) else f"a latent of shape {list(latent.shape)}"
    if not latent.numel() or not latent.isfinite().all():
        raise ConfigError(f"{name}: holds no numbers, or some that are not finite; give another latent.")
    return latent[0] if latent.ndim > 1 and len(latent) == 1 else latent


def sha256_of(source: Latent) -> str:
    """Of a file's bytes, or of an array's numbers."""
    if isinstance(source, str | Path):
        return hashlib.sha256(Path(source).read_bytes()).hexdigest()
    return hashlib.sha256(torch.as_tensor(source).detach().cpu().float().numpy().tobytes()).hexdigest()


def _content(path: Path) -> Any:
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path}: a latent comes in a file that ends with {', '.join(SUFFIXES)}; give one of these.")
    try:
        held: Any = _read(path)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; give the file of a latent.") from None
    except Exception as error:  # each of the three libraries has its own
        raise ConfigError(f"{path}: no latent that can be read ({' '.join(str(error).split())}).") from None
    if isinstance(held, Mapping):
        tensors = [value for value in held.values() if isinstance(value, Tensor)]
        held = tensors[0] if len(tensors) == 1 else None
    if not isinstance(held, np.ndarray | Tensor) or (isinstance(held, np.ndarray) and held.dtype.kind not in "fiu"):
        raise ConfigError(f"{path}: does not hold one array of numbers; give a file of one latent alone.")
    return held


def _read(path: Path) -> Any:
    if path.suffix == ".npy":
        return np.load(path, allow_pickle=False)
    if path.suffix == ".pt":
        return torch.load(path, map_location="cpu", weights_only=True)
    from safetensors.torch import load_file

    return load_file(path)
