"""Batches of augmented mel spectrograms, drawn from memory: what a small log-mel audio head learns from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from hearsight.data.mel_augmentation import SPARE, MelAugmentation, augment, excerpt, mask
from hearsight.data.spectrograms import Spectrograms
from hearsight.encoders.log_mel_cnn import relative


@dataclass(frozen=True, eq=False)
class MelClips:
    """Sounds as spectrograms, each draw of one another variation of it."""

    sounds: Spectrograms
    """Whole sounds."""
    frames: int
    """Spectra that the head hears at once."""
    floor: float
    """Decibels below the loudest band at which everything counts as silence."""
    augmentation: MelAugmentation
    """How sounds are changed."""

    def heard(self, classes: Int[np.ndarray, " batch"], random: np.random.Generator) -> dict[str, Tensor]:
        """`spectrogram` [batch, band, frame] as `relative` gives it; of row n, `share` is its own, the rest `other`."""
        settings, longer = self.augmentation, round(self.frames * SPARE)
        parts = [excerpt(self.sounds.draw(label, random), longer, random, settings.gap) for label in classes]
        mixed = augment(torch.from_numpy(np.stack(parts)), self.frames, settings, random)
        spectrogram = mask(relative(mixed.decibels, self.floor), -2.0, settings, random)
        return {"spectrogram": spectrogram, "other": mixed.other, "share": mixed.share}
