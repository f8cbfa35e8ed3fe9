"""Augmentation of sounds as mel spectrograms, where it costs almost nothing.

Everything that happens to a sound on its way to an ear has a simple form there: a faster or higher voice is a stretched
picture, a loudspeaker or a telephone a factor per band, a room an echo of energies along time, noise and other sounds a
sum of energies. All of it is drawn from the generator that is given.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

SPARE = 1.28
"""How much longer than the window a sound is cut, so that it can be played faster."""


@dataclass(frozen=True)
class MelAugmentation:
    """How strongly sounds are changed while training; zeros switch parts off."""

    frames_per_second: int = 50
    """Spectra of a second of sound."""
    gap: float = 0.8
    """Longest silence in seconds put between the repetitions of a short sound."""
    speed: float = 1.25
    """Largest factor of playing faster or slower."""
    pitch: float = 1.5
    """Spread of shifts along the mel bands, in bands."""
    tract: float = 0.06
    """Spread of the factor by which the mel axis is stretched: another throat, another body of an instrument."""
    room: float = 0.4
    """Share of sounds that get a reverberating room."""
    colour: float = 4.0
    """Spread in decibels of smooth bends of the spectrum."""
    telephone: float = 0.3
    """Share of sounds that lose their highest bands."""
    noise: float = 0.4
    """Share of sounds that get noise, 15 to 60 dB below them."""
    mix_up: float = 0.5
    """Share of sounds that another one of the batch is mixed into."""
    masks: int = 2
    """Masks in time and in frequency (SpecAugment, Park et al. 2019)."""
    mask_seconds: float = 0.8
    """Longest mask in time."""
    mask_bands: int = 8
    """Widest mask in frequency."""


@dataclass(frozen=True, eq=False)
class Mixed:
    """Sounds of which some had another one of the batch mixed in."""

    decibels: Float[Tensor, "batch band frame"]
    """Their spectrograms."""
    other: Int[Tensor, " batch"]
    """Which one was mixed in."""
    share: Float[Tensor, " batch"]
    """How much of the sound is its own, 0.5 to 1."""


def excerpt(
    decibels: Float[np.ndarray, "band _"], frames: int, config: MelAugmentation, random: np.random.Generator
) -> Float[np.ndarray, "band frame"]:
    """A random part of a sound; short sounds repeat, perhaps with silence in between, from a random place on."""
    sound = decibels.astype(np.float32)
    length = sound.shape[1]
    if length >= frames:
        start = random.integers(length - frames + 1)
        sound = sound[:, start : start + frames]
    else:
        if length < 3 * config.frames_per_second and random.random() < 0.6:
            silence = int(random.integers(round(config.gap * config.frames_per_second) + 1))
            sound = np.pad(sound, ((0, 0), (0, silence)), constant_values=sound.min())
        sound = np.tile(sound, (1, -(-frames // sound.shape[1])))[:, :frames]
    return np.roll(sound, random.integers(frames), axis=1)


def augment(
    decibels: Float[Tensor, "batch band longer"], frames: int, config: MelAugmentation, random: np.random.Generator
) -> Mixed:
    """Change every sound of a batch at random, and mix some; `frames` are left of their length."""
    sounds = _warp(decibels, frames, config, random)
    energy = 10 ** ((sounds - sounds.amax(dim=(1, 2), keepdim=True)) / 10)
    energy = _room(energy, config, random)
    energy = energy * 10 ** (_colour(len(energy), energy.shape[1], config, random)[:, :, None] / 10)
    energy = _noise(energy, config, random)
    energy, other, share = _mix(energy, config, random)
    return Mixed(10 * (energy + 1e-12).log10(), other, share)


def mask(
    spectrogram: Float[Tensor, "batch band frame"], silence: float, config: MelAugmentation, random: np.random.Generator
) -> Float[Tensor, "batch band frame"]:
    """SpecAugment: stretches of time and bands that are overwritten with `silence`, in place."""
    bands, frames = spectrogram.shape[1:]
    longest = min(round(config.mask_seconds * config.frames_per_second), frames // 2)
    for sound in spectrogram:
        for _ in range(config.masks):
            length, width = int(random.integers(longest + 1)), int(random.integers(config.mask_bands + 1))
            start, lowest = int(random.integers(frames - length + 1)), int(random.integers(bands - width + 1))
            sound[:, start : start + length] = silence
            sound[lowest : lowest + width] = silence
    return spectrogram


def _warp(
    decibels: Float[Tensor, "batch band longer"], frames: int, config: MelAugmentation, random: np.random.Generator
) -> Float[Tensor, "batch band frame"]:
    """Speed, pitch and vocal tract: the spectrogram read off along stretched and shifted axes."""
    batch, bands, longer = decibels.shape
    fastest = min(config.speed, (longer - 1) / max(frames - 1, 1))
    speed = _uniform(random, 1 / config.speed, fastest, batch)
    start = _uniform(random, 0, 1, batch) * (longer - 1 - (frames - 1) * speed)
    time = start[:, None] + torch.arange(frames) * speed[:, None]  # [batch, frame]
    stretch = 1 + config.tract * _normal(random, batch)
    band = torch.arange(bands) * stretch[:, None] + config.pitch * _normal(random, batch)[:, None]  # [batch, band]
    grid = torch.stack(
        (
            (2 * time / (longer - 1) - 1)[:, None, :].expand(-1, bands, -1),
            (2 * band / (bands - 1) - 1)[:, :, None].expand(-1, -1, frames),
        ),
        dim=-1,
    )
    return functional.grid_sample(decibels[:, None], grid, padding_mode="border", align_corners=True)[:, 0]


def _room(
    energy: Float[Tensor, "batch band frame"], config: MelAugmentation, random: np.random.Generator
) -> Float[Tensor, "batch band frame"]:
    """Exponential decay of energy after every frame: by 60 dB within a reverberation time of 0.1 to 1.2 s."""
    batch, length = len(energy), 40
    wet = torch.where(_chosen(random, config.room, batch), _uniform(random, 0, 0.3, batch), 0.0)
    decay = np.log(1e6) / config.frames_per_second / _uniform(random, 0.1, 1.2, batch)
    echo = wet[:, None] * torch.exp(-decay[:, None] * torch.arange(length))  # [batch, frame]
    echo[:, 0] = 1
    padded = functional.pad(energy[None], (length - 1, 0))
    return functional.conv2d(padded, echo.flip(1)[:, None, None], groups=batch)[0]


def _colour(
    batch: int, bands: int, config: MelAugmentation, random: np.random.Generator
) -> Float[Tensor, "batch band"]:
    """Decibels per band: a tilt, two bends, and sometimes nothing above a certain band."""
    place = torch.linspace(-1, 1, bands)
    curve = config.colour * _normal(random, batch)[:, None] * place
    for _ in range(2):
        centre, width = _uniform(random, -1, 1, batch)[:, None], _uniform(random, 0.1, 0.6, batch)[:, None]
        curve = curve + config.colour * _normal(random, batch)[:, None] * torch.exp(-(((place - centre) / width) ** 2))
    highest = torch.where(
        _chosen(random, config.telephone, batch), bands * _uniform(random, 0.6, 1, batch), 2.0 * bands
    )
    return curve - 12 * (torch.arange(bands) - highest[:, None]).clamp(min=0)


def _noise(
    energy: Float[Tensor, "batch band frame"], config: MelAugmentation, random: np.random.Generator
) -> Float[Tensor, "batch band frame"]:
    """Noise with a random tilt; the energy of noise in a band is distributed exponentially."""
    batch, bands, _ = energy.shape
    below = torch.where(_chosen(random, config.noise, batch), _uniform(random, 15, 60, batch), 120.0)
    level = energy.mean(dim=(1, 2)) * 10 ** (-below / 10)
    tilt = 10 ** (6 * _normal(random, batch)[:, None] * torch.linspace(-1, 1, bands) / 10)
    noise = torch.empty_like(energy).exponential_(generator=torch.Generator().manual_seed(int(random.integers(2**62))))
    return energy + level[:, None, None] * tilt[:, :, None] * noise


def _mix(
    energy: Float[Tensor, "batch band frame"], config: MelAugmentation, random: np.random.Generator
) -> tuple[Float[Tensor, "batch band frame"], Int[Tensor, " batch"], Float[Tensor, " batch"]]:
    """Mix-up at equal loudness (Tokozume et al. 2018): amplitudes share : 1 - share, and so do the labels."""
    batch = len(energy)
    energy = energy / energy.mean(dim=(1, 2), keepdim=True)
    other = torch.from_numpy(random.permutation(batch))
    share = torch.where(_chosen(random, config.mix_up, batch), _uniform(random, 0.5, 1, batch), 1.0)
    mixed = share[:, None, None] ** 2 * energy + (1 - share[:, None, None]) ** 2 * energy[other]
    return mixed, other, share


def _uniform(random: np.random.Generator, low: float, high: float, batch: int) -> Float[Tensor, " batch"]:
    return torch.from_numpy(random.uniform(low, high, batch)).float()


def _normal(random: np.random.Generator, batch: int) -> Float[Tensor, " batch"]:
    return torch.from_numpy(random.normal(0, 1, batch)).float()


def _chosen(random: np.random.Generator, share: float, batch: int) -> Tensor:
    return torch.from_numpy(random.random(batch) < share)
