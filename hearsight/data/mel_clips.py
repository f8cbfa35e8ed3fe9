"""Batches of augmented mel spectrograms, drawn from memory: what a small ear learns from."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hearsight.data.mel_augmentation import SPARE, MelAugmentation, augment, excerpt, mask
from hearsight.data.spectrograms import Spectrograms
from hearsight.encoders.log_mel_cnn import relative
from hearsight.sound.spectrum import EPSILON, LOG_PER_DECIBEL


class Level(Protocol):
    """How an ear takes loudness. Augmentation leaves decibels below the loudest band of each clip."""

    @property
    def silence(self) -> float:
        """What the ear takes for silence."""

    def __call__(
        self, decibels: Float[Tensor, "batch band frame"], random: np.random.Generator
    ) -> Float[Tensor, "batch band frame"]:
        """The spectrogram as the ear takes it."""


@dataclass(frozen=True)
class RelativeLevel:
    """Loudness does not matter: the ear of `LogMelCNN`."""

    floor: float
    """Decibels below the loudest band at which everything counts as silence."""

    @property
    def silence(self) -> float:
        return -2.0

    def __call__(
        self, decibels: Float[Tensor, "batch band frame"], random: np.random.Generator
    ) -> Float[Tensor, "batch band frame"]:
        return relative(decibels, self.floor)


@dataclass(frozen=True)
class RandomLevel:
    """Every clip as loud as chance will have it: the ear of BEATs, which takes the filter bank as it is."""

    mean: float
    """Mean of the log filter bank, subtracted."""
    deviation: float
    """Its standard deviation; twice of it is divided by."""
    loudest: tuple[float, float] = (60.0, 110.0)
    """Decibels of the loudest band of a clip; a tone at full scale has about 115."""

    @property
    def silence(self) -> float:
        return (math.log(EPSILON) - self.mean) / (2 * self.deviation)

    def __call__(
        self, decibels: Float[Tensor, "batch band frame"], random: np.random.Generator
    ) -> Float[Tensor, "batch band frame"]:
        levels = torch.from_numpy(random.uniform(*self.loudest, (len(decibels), 1, 1))).float()
        loud = decibels - decibels.amax(dim=(1, 2), keepdim=True) + levels
        return ((loud * LOG_PER_DECIBEL - self.mean) / (2 * self.deviation)).clamp(min=self.silence)


@dataclass(frozen=True, eq=False)
class MelClips:
    """Sounds as spectrograms, each draw of one another variation of it."""

    sounds: Spectrograms
    """Whole sounds."""
    frames: int
    """Spectra that the ear hears at once."""
    level: Level
    """How it takes loudness."""
    augmentation: MelAugmentation
    """How sounds are changed."""

    def heard(self, classes: Int[np.ndarray, " batch"], random: np.random.Generator) -> dict[str, Tensor]:
        """`spectrogram` [batch, band, frame] as the ear takes it; of row n, `share` is its own, the rest `other`."""
        drawn = (self.sounds.draw(label, random) for label in classes)
        return varied(drawn, self.frames, self.level, self.augmentation, random)


def varied(
    sounds: Iterable[Float[np.ndarray, "band _"]],
    frames: int,
    level: Level,
    augmentation: MelAugmentation,
    random: np.random.Generator,
) -> dict[str, Tensor]:
    """What `MelClips.heard` gives of these sounds, in decibels and as long as they are: a variation of each."""
    longer = round(frames * SPARE)
    parts = [excerpt(sound, longer, augmentation, random) for sound in sounds]
    mixed = augment(torch.from_numpy(np.stack(parts)), frames, augmentation, random)
    masked = mask(level(mixed.decibels, random), level.silence, augmentation, random)
    return {"spectrogram": masked, "other": mixed.other, "share": mixed.share}
