"""Augmentation of sounds as waveforms, for audio heads that make their own spectrogram."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from hearsight.errors import ConfigError
from hearsight.sound import augment


@dataclass(frozen=True)
class WaveformAugmentation:
    """How strongly sounds are changed while training. As it stands not at all, like in the thesis."""

    shift: float = 0.0
    """Largest share of its length by which a sound is begun later; what leaves at the end comes back at the start."""
    speed: float = 1.0
    """Largest factor of playing faster or slower; 1 leaves the speed."""
    room: float = 0.0
    """Largest share of the energy that arrives as echo of a room."""
    noise: float = 0.0
    """Coloured noise this many decibels below the sound, up to 40; 0 adds none."""
    gain: float = 0.0
    """Largest number of decibels by which a sound is made louder or softer."""
    flip: bool = False
    """Whether half of the waveforms are turned upside down, which nobody can hear."""
    mix_up: float = 0.0
    """Alpha of the Beta distribution by which another sound of the batch is mixed in (Zhang et al. 2018); 0: never."""

    def __post_init__(self) -> None:
        for name in ("shift", "room"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)}: a share lies between 0 and 1.")
        if not 1 <= self.speed <= 4:
            raise ConfigError(f"speed={self.speed}: a factor from 1 (as it is) to 4.")
        if not 0 <= self.noise <= 40:
            raise ConfigError(f"noise={self.noise}: decibels below the sound, 0 (none) to 40.")
        for name in ("gain", "mix_up"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}={getattr(self, name)}: cannot be negative; 0 switches it off.")


@dataclass(frozen=True, eq=False)
class Varied:
    """Sounds that were changed, and perhaps had another one of the batch mixed in."""

    waveform: Float[Tensor, "batch time"]
    """Their samples, which may leave [-1, 1]."""
    other: Int[Tensor, " batch"]
    """Which one was mixed in."""
    share: Float[Tensor, " batch"]
    """How much of the sound is its own, 0.5 to 1."""


def vary(
    waveform: Float[Tensor, "batch time"], config: WaveformAugmentation, rate: int, generator: Generator
) -> Varied:
    """Change every sound of a batch at random, and mix some: a pure function of batch, settings and generator."""
    if config.speed > 1:
        waveform = augment.speed(waveform, generator, (1 / config.speed, config.speed))
    if config.shift:
        waveform = augment.shift(waveform, generator, config.shift)
    if config.room:
        waveform = augment.room(waveform, generator, rate, wetness=(0.0, config.room))
    if config.noise:
        waveform = augment.add_noise(waveform, generator, (config.noise, 40.0))
    if config.gain:
        waveform = augment.gain(waveform, generator, (-config.gain, config.gain))
    if config.flip:
        waveform = augment.flip_polarity(waveform, generator)
    if not config.mix_up:
        batch = len(waveform)
        return Varied(waveform, torch.arange(batch), torch.ones(batch))
    other, share = augment.mix_up(len(waveform), generator, config.mix_up)
    return Varied(augment.blend(waveform, other, share), other, share)
