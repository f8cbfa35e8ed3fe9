"""Mel scales and the triangular filters that are spaced on them."""

import math
from functools import lru_cache
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.errors import ConfigError

MelScale = Literal["slaney", "htk", "kaldi"]


def hertz_to_mel(hertz: Float[Tensor, "*any"], scale: MelScale) -> Float[Tensor, "*any"]:
    """Slaney's scale (linear below 1 kHz), or O'Shaughnessy's as HTK and Kaldi round its constants."""
    if scale == "slaney":
        above = 15 + 27 * (hertz.clamp(min=1000) / 1000).log() / math.log(6.4)
        return torch.where(hertz < 1000, hertz * 3 / 200, above)
    if scale in ("htk", "kaldi"):
        factor = 1127.0 if scale == "kaldi" else 2595.0 / math.log(10)
        return factor * (1 + hertz / 700).log()
    raise ConfigError(f"scale={scale!r}: there is no such mel scale; give 'slaney', 'htk' or 'kaldi'.")


def mel_to_hertz(mel: Float[Tensor, "*any"], scale: MelScale) -> Float[Tensor, "*any"]:
    """The inverse of `hertz_to_mel`."""
    if scale == "slaney":
        above = 1000 * ((mel.clamp(min=15) - 15) * math.log(6.4) / 27).exp()
        return torch.where(mel < 15, mel * 200 / 3, above)
    factor = 1127.0 if scale == "kaldi" else 2595.0 / math.log(10)
    return 700 * ((mel / factor).exp() - 1)


def mel_filters(
    rate: int,
    n_fft: int,
    bins: int,
    low: float = 0.0,
    high: float | None = None,
    scale: MelScale = "slaney",
    norm: Literal["slaney"] | None = None,
) -> Float[Tensor, "bins frequency"]:
    """Triangular filters, evenly spaced on a mel scale between `low` and `high` (default: half the rate).

    The triangles of `slaney` and `htk` are straight in hertz, those of `kaldi` in mels (and its filters never take the
    highest frequency). `norm="slaney"` gives every filter the area 1 instead of the height 1.
    """
    high = rate / 2 if high is None else high
    if not 0 <= low < high <= rate / 2:
        raise ConfigError(f"low={low:g}, high={high:g}: filters lie between 0 and half the rate, {rate / 2:g} Hz.")
    return _mel_filters(rate, n_fft, bins, float(low), float(high), scale, norm).clone()


@lru_cache(maxsize=32)
def _mel_filters(
    rate: int, n_fft: int, bins: int, low: float, high: float, scale: MelScale, norm: str | None
) -> Float[Tensor, "bins frequency"]:
    frequencies = torch.arange(n_fft // 2 + 1, dtype=torch.float64) * (rate / n_fft)
    ends = hertz_to_mel(torch.tensor([low, high], dtype=torch.float64), scale)
    mels = torch.lerp(ends[0], ends[1], torch.linspace(0, 1, bins + 2, dtype=torch.float64))
    hertz = mel_to_hertz(mels, scale)
    corners, points = (mels, hertz_to_mel(frequencies, scale)) if scale == "kaldi" else (hertz, frequencies)
    left, peak, right = (corners[edge : edge + bins, None] for edge in range(3))
    filters = torch.minimum((points - left) / (peak - left), (right - points) / (right - peak)).clamp(min=0)
    if norm == "slaney":
        filters = filters * (2 / (hertz[2:] - hertz[:-2]))[:, None]
    if scale == "kaldi":
        filters[:, -1] = 0
    return filters.float()
