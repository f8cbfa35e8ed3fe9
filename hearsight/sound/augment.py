"""Variations of training sounds, each a pure function of a batch and a generator.

All randomness is drawn on the CPU, clip by clip, so a seed means the same on every device. Waveforms may leave [-1, 1]
here: networks do not mind, and clipping would be an augmentation of its own.
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

Range = tuple[float, float]


def gain(
    waveform: Float[Tensor, "batch time"], generator: Generator, decibels: Range = (-12.0, 6.0)
) -> Float[Tensor, "batch time"]:
    """Each clip louder or softer by some decibels."""
    level = _uniform(len(waveform), decibels, generator).to(waveform)
    return waveform * 10 ** (level / 20)[:, None]


def shift(
    waveform: Float[Tensor, "batch time"], generator: Generator, share: float = 1.0
) -> Float[Tensor, "batch time"]:
    """Each clip begun later by up to `share` of its length; what leaves at the end comes back at the beginning."""
    time = waveform.shape[1]
    offsets = (_uniform(len(waveform), (0.0, share), generator) * time).long()
    index = (torch.arange(time) - offsets[:, None]) % time
    return waveform.gather(1, index.to(waveform.device))


def flip_polarity(waveform: Float[Tensor, "batch time"], generator: Generator) -> Float[Tensor, "batch time"]:
    """Half of the clips turned upside down, which nobody can hear."""
    sign = torch.randint(0, 2, (len(waveform), 1), generator=generator) * 2 - 1
    return waveform * sign.to(waveform)


def speed(
    waveform: Float[Tensor, "batch time"], generator: Generator, factors: Range = (0.85, 1.18)
) -> Float[Tensor, "batch time"]:
    """Each clip played faster (and higher) or slower (and lower), by band-limited resampling.

    A faster clip is shorter and starts again from its beginning; of a slower one the end is cut. Lengths are rounded
    up to ones without large prime factors, for which Fourier transforms are four times faster.
    """
    from scipy.fft import next_fast_len

    time = waveform.shape[1]
    played = []
    for clip, factor in zip(waveform, _uniform(len(waveform), factors, generator).tolist(), strict=True):
        length = next_fast_len(max(2, round(time / factor)), real=True)
        # A shorter clip holds fewer frequencies, a longer one no more.
        spectrum = torch.fft.rfft(clip)[: length // 2 + 1]
        resampled = torch.fft.irfft(spectrum, length) * (length / time)
        played.append(resampled.repeat(math.ceil(time / length))[:time])
    return torch.stack(played)


def room(
    waveform: Float[Tensor, "batch time"],
    generator: Generator,
    rate: int,
    reverberation: Range = (0.1, 0.8),
    wetness: Range = (0.0, 0.5),
) -> Float[Tensor, "batch time"]:
    """Each clip in a room of its own: the direct sound, and noise that decays by 60 dB in `reverberation` seconds.

    `wetness` is the share of the energy that arrives as echo. Loudness stays what it was.
    """
    batch, time = waveform.shape
    seconds = _uniform(batch, reverberation, generator)[:, None]
    wet = _uniform(batch, wetness, generator)[:, None]
    length = min(time, math.ceil(reverberation[1] * rate))
    decay = 10 ** (-3 * torch.arange(length) / rate / seconds)  # -60 dB in amplitude is 10 ** -3
    echo = torch.randn(batch, length, generator=generator) * decay
    response = echo * (wet / echo.square().sum(dim=1, keepdim=True).clamp(min=1e-12)).sqrt()
    response[:, 0] = (1 - wet[:, 0]).sqrt()
    # Twice as long as need be, so that the tail of the end does not wrap around to the beginning.
    spectrum = torch.fft.rfft(waveform, 2 * time) * torch.fft.rfft(response.to(waveform), 2 * time)
    heard = torch.fft.irfft(spectrum, 2 * time)[:, :time]
    return heard * (_loudness(waveform) / _loudness(heard).clamp(min=1e-12))


def coloured_noise(
    batch: int, time: int, generator: Generator, exponents: Range = (0.0, 2.0)
) -> Float[Tensor, "batch time"]:
    """Noise of loudness 1 whose power falls with frequency ** exponent: 0 is white, 1 pink, 2 brown."""
    exponent = _uniform(batch, exponents, generator)[:, None]
    spectrum = torch.fft.rfft(torch.randn(batch, time, generator=generator))
    frequency = torch.arange(spectrum.shape[1]).clamp(min=1)
    noise = torch.fft.irfft(spectrum * frequency ** (-exponent / 2), time)
    return noise / _loudness(noise).clamp(min=1e-12)


def add_noise(
    waveform: Float[Tensor, "batch time"],
    generator: Generator,
    decibels: Range = (5.0, 40.0),
    exponents: Range = (0.0, 2.0),
) -> Float[Tensor, "batch time"]:
    """Each clip with coloured noise some decibels below it (silence stays silent)."""
    batch, time = waveform.shape
    noise = coloured_noise(batch, time, generator, exponents).to(waveform)
    below = _uniform(batch, decibels, generator).to(waveform)[:, None]
    return waveform + noise * _loudness(waveform) * 10 ** (-below / 20)


def mix_up(
    batch: int, generator: Generator, alpha: float = 0.3
) -> tuple[Int[Tensor, " batch"], Float[Tensor, " batch"]]:
    """With whom each item is mixed, and the weight (at least 1/2) that it keeps (Zhang et al. 2018, eq. 1).

    Weights are Beta(alpha, alpha); use `blend` on waveforms, embeddings and one-hot labels alike.
    """
    gammas = torch._standard_gamma(torch.full((2, batch), alpha, dtype=torch.float64), generator=generator)
    weight = gammas[0] / gammas.sum(dim=0).clamp(min=1e-300)
    return torch.randperm(batch, generator=generator), torch.maximum(weight, 1 - weight).float()


def blend(
    values: Float[Tensor, "batch *rest"], partners: Int[Tensor, " batch"], weight: Float[Tensor, " batch"]
) -> Float[Tensor, "batch *rest"]:
    """weight * values + (1 - weight) * values[partners], item by item."""
    share = weight.to(values).reshape(-1, *[1] * (values.ndim - 1))
    return share * values + (1 - share) * values[partners.to(values.device)]


def mask_spectrogram(
    spectrogram: Float[Tensor, "batch bins frame"],
    generator: Generator,
    frames: float = 0.15,
    bins: float = 0.15,
    masks: int = 2,
) -> Float[Tensor, "batch bins frame"]:
    """`masks` bands of time and as many of frequency replaced by the clip's mean (SpecAugment: Park et al. 2019, 3.1).

    Each is at most the given share of the frames or bins wide; a width of zero can come up, too.
    """
    batch, height, width = spectrogram.shape
    hidden = torch.zeros(batch, height, width, dtype=torch.bool)
    for _ in range(masks):
        hidden |= _bands(batch, width, frames, generator)[:, None, :]
        hidden |= _bands(batch, height, bins, generator)[:, :, None]
    mean = spectrogram.mean(dim=(1, 2), keepdim=True)
    return torch.where(hidden.to(spectrogram.device), mean, spectrogram)


def _bands(batch: int, length: int, share: float, generator: Generator) -> Tensor:
    """One contiguous stretch of True per item, at most `share` of the length."""
    width = (_uniform(batch, (0.0, 1.0), generator) * (math.floor(share * length) + 1)).floor()
    start = (_uniform(batch, (0.0, 1.0), generator) * (length - width + 1)).floor()
    position = torch.arange(length)
    return (position >= start[:, None]) & (position < (start + width)[:, None])


def _loudness(waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch 1"]:
    return waveform.square().mean(dim=1, keepdim=True).sqrt()


def _uniform(count: int, between: Range, generator: Generator) -> Float[Tensor, " count"]:
    low, high = between
    return low + (high - low) * torch.rand(count, generator=generator)
