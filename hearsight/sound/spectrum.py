"""Spectra of batches of waveforms, differentiable: short-time Fourier transform, log-mel, and Kaldi's filter banks.

Frequencies are in hertz, lengths in samples, and any number of leading axes (batch, channel) is allowed everywhere.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from hearsight.errors import ConfigError, SoundError
from hearsight.sound.mel import MelScale, mel_filters

WindowShape = Literal["hann", "hamming", "povey", "rectangular"]
PadMode = Literal["reflect", "constant", "replicate", "circular"]

EPSILON = torch.finfo(torch.float32).eps
"""below this energy Kaldi hears nothing"""
LOG_PER_DECIBEL = math.log(10) / 10
"""natural logarithm of an energy, for each of its decibels"""


def window_shape(
    shape: WindowShape, length: int, *, periodic: bool = True, like: Tensor | None = None
) -> Float[Tensor, "length"]:
    """A window of `length` samples. Povey's is Hann's to the power 0.85 (Kaldi's default: never quite zero inside)."""
    phase = torch.arange(length, dtype=torch.float64) * (2 * math.pi / max(1, length if periodic else length - 1))
    hann = 0.5 - 0.5 * phase.cos()
    shapes = {
        "hann": hann,
        "hamming": 0.54 - 0.46 * phase.cos(),
        "povey": hann**0.85,
        "rectangular": torch.ones_like(phase),
    }
    if shape not in shapes:
        raise ConfigError(f"window={shape!r}: there is no such window; give one of {', '.join(shapes)}.")
    return shapes[shape].float() if like is None else shapes[shape].to(like)


def stft(
    waveform: Float[Tensor, "*batch time"],
    n_fft: int,
    hop: int,
    *,
    window: WindowShape | Float[Tensor, "length"] = "hann",
    window_length: int | None = None,
    center: bool = True,
    pad_mode: PadMode = "reflect",
) -> Complex[Tensor, "*batch frequency frame"]:
    """The one-sided short-time Fourier transform, n_fft // 2 + 1 frequencies from 0 to half the rate.

    Args:
        window: a periodic shape, or its samples (a window stored with published weights, say).
        window_length: shorter windows sit in the middle of the n_fft samples (default: n_fft).
        center: frame t is centred on sample t * hop, n_fft // 2 samples padded at both ends: 1 + time // hop frames.
            Otherwise it begins there, and only whole frames are kept.
        pad_mode: what is beyond the ends.

    Raises:
        SoundError: the waveform is too short for one frame or for its padding.
    """
    time = waveform.shape[-1]
    shortest = (n_fft // 2 + 1 if pad_mode == "reflect" else 1) if center else n_fft
    if time < shortest:
        raise SoundError(
            f"a waveform of {time} samples is too short for spectra of {n_fft}, which need at least {shortest}; "
            "tile or pad it first (hearsight.sound.window)."
        )
    samples = window_shape(window, window_length or n_fft, like=waveform) if isinstance(window, str) else window
    spectrum = torch.stft(
        waveform.reshape(-1, time),
        n_fft,
        hop,
        win_length=len(samples),
        window=samples.to(waveform),
        center=center,
        pad_mode=pad_mode,
        return_complex=True,
    )
    return spectrum.reshape(*waveform.shape[:-1], *spectrum.shape[-2:])


def power_spectrogram(
    waveform: Float[Tensor, "*batch time"],
    n_fft: int,
    hop: int,
    *,
    window: WindowShape | Float[Tensor, "length"] = "hann",
    window_length: int | None = None,
    center: bool = True,
    pad_mode: PadMode = "reflect",
    power: float = 2.0,
) -> Float[Tensor, "*batch frequency frame"]:
    """|STFT| ** power: 2 for energies, 1 for magnitudes. Arguments and errors are those of `stft`."""
    spectrum = stft(waveform, n_fft, hop, window=window, window_length=window_length, center=center, pad_mode=pad_mode)
    if power == 1:
        return spectrum.abs()
    energy = spectrum.real.square() + spectrum.imag.square()  # its gradient is finite in silence, abs()**2's is not
    return energy if power == 2 else energy ** (power / 2)


@dataclass(frozen=True)
class LogMel:
    """The settings of a log-mel spectrogram; the defaults are librosa's."""

    rate: int
    """samples per second"""
    n_fft: int = 2048
    """samples per spectrum"""
    hop: int = 512
    """samples from one frame to the next"""
    bins: int = 128
    """mel filters"""
    low: float = 0.0
    """hertz at which the lowest filter begins"""
    high: float | None = None
    """hertz at which the highest filter ends (default: half the rate)"""
    scale: MelScale = "slaney"
    """mel scale"""
    norm: Literal["slaney"] | None = "slaney"
    """filters of area 1 ("slaney") or height 1 (None)"""
    window: WindowShape = "hann"
    """window of each frame"""
    window_length: int | None = None
    """its samples (default: n_fft)"""
    center: bool = True
    """pad both ends so that frame t is centred on sample t * hop"""
    pad_mode: PadMode = "reflect"
    """what is beyond the ends"""
    power: float = 2.0
    """2 for energies, 1 for magnitudes"""
    floor: float = 1e-10
    """smallest energy that is heard"""
    floor_mode: Literal["clamp", "add"] = "clamp"
    """energies below the floor are raised to it, or the floor is added to all"""
    unit: Literal["neper", "decibel"] = "neper"
    """natural logarithm, or ten times the decimal one"""


def log_mel(waveform: Float[Tensor, "*batch time"], config: LogMel) -> Float[Tensor, "*batch bins frame"]:
    """The log-mel spectrogram of waveforms in [-1, 1]. Errors are those of `stft` and `mel_filters`."""
    energy = power_spectrogram(
        waveform,
        config.n_fft,
        config.hop,
        window=config.window,
        window_length=config.window_length,
        center=config.center,
        pad_mode=config.pad_mode,
        power=config.power,
    )
    filters = mel_filters(config.rate, config.n_fft, config.bins, config.low, config.high, config.scale, config.norm)
    mel = filters.to(energy) @ energy
    mel = mel + config.floor if config.floor_mode == "add" else mel.clamp(min=config.floor)
    return mel.log() if config.unit == "neper" else 10 * mel.log10()


@dataclass(frozen=True)
class FilterBank:
    """Settings of `kaldi_fbank` where an ear leaves the rest as it is."""

    rate: int = 16000
    """Samples per second."""
    bands: int = 128
    """Mel bands from 20 Hz to half the rate."""

    def decibels(self, waveform: Float[Tensor, "*batch time"]) -> Float[Tensor, "*batch band frame"]:
        """The filter bank in decibels."""
        return kaldi_fbank(waveform, rate=self.rate, bins=self.bands).mT / LOG_PER_DECIBEL


def kaldi_fbank(
    waveform: Float[Tensor, "*batch time"],
    *,
    rate: int = 16000,
    bins: int = 128,
    low: float = 20.0,
    high: float | None = None,
    frame_seconds: float = 0.025,
    hop_seconds: float = 0.010,
    preemphasis: float = 0.97,
    full_scale: float = 32768.0,
    window: WindowShape = "povey",
) -> Float[Tensor, "*batch frame bins"]:
    """Kaldi's log filter bank without dither, of waveforms in [-1, 1] (`full_scale` restores its 16-bit integers).

    Each whole frame loses its mean, is pre-emphasised (its first sample against itself), takes a window (Povey's, as
    Kaldi does unless told otherwise) and is padded to a power of two. Raises SoundError for less than one frame.
    """
    length, hop = int(rate * frame_seconds), int(rate * hop_seconds)
    if waveform.shape[-1] < length:
        raise SoundError(
            f"a waveform of {waveform.shape[-1]} samples is shorter than one frame of {length}; "
            "tile or pad it first (hearsight.sound.window)."
        )
    frames = (waveform * full_scale).unfold(-1, length, hop)  # [*batch, frame, length]
    frames = frames - frames.mean(dim=-1, keepdim=True)
    before = torch.cat((frames[..., :1], frames[..., :-1]), dim=-1)
    frames = (frames - preemphasis * before) * window_shape(window, length, periodic=False, like=frames)
    n_fft = 1 << (length - 1).bit_length()
    spectrum = torch.fft.rfft(frames, n_fft)
    energy = spectrum.real.square() + spectrum.imag.square()
    filters = mel_filters(rate, n_fft, bins, low, high, "kaldi")
    return (energy @ filters.to(energy).T).clamp(min=EPSILON).log()
