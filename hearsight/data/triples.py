"""Batches in which row n of sounds, texts and pictures is of one class: what three heads are aligned on."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hearsight.data.stratified import stratified
from hearsight.encoders.tokenizer import Tokenizer
from hearsight.seeds import derive


class SoundSource(Protocol):
    """Where a batch's sounds come from: `MelClips` or `Waveforms`."""

    def heard(self, classes: Int[np.ndarray, " batch"], random: np.random.Generator) -> dict[str, Tensor]:
        """A sound of each class, as `spectrogram` or `waveform`; of row n, `share` is its own, the rest `other`'s."""


class PictureSource(Protocol):
    """Where a batch's pictures come from: `VariedPictures` or `PictureFiles`."""

    def seen(
        self, classes: Int[np.ndarray, " batch"], random: np.random.Generator
    ) -> Float[Tensor, "batch 3 size size"]:
        """A picture of each class, as CLIP's image head takes it."""


@dataclass(frozen=True, eq=False)
class Triples:
    """Batch n, a pure function of (seed, n): classes count equally, each sound with text and picture of its class."""

    sounds: SoundSource
    """Draws the sounds."""
    pictures: PictureSource | None
    """Draws the pictures, if an image head takes part."""
    texts: tuple[tuple[str, ...], ...]
    """What each class is called; one of them is drawn."""
    tokenizer: Tokenizer
    """The text head's."""
    size: int
    """Rows of a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """`tokens`, `classes`, what `sounds` gives and, with pictures, `pixels`."""
        random = np.random.default_rng(derive(self.seed, "align", index))
        classes = stratified(len(self.texts), self.size, random)
        batch = self.sounds.heard(classes, random)
        chosen = [self.texts[label][random.integers(len(self.texts[label]))] for label in classes]
        batch |= {"classes": torch.from_numpy(classes), "tokens": self.tokenizer(chosen)}
        if self.pictures is not None:
            batch["pixels"] = self.pictures.seen(classes, random)
        return batch
