"""Batches for a generator that draws what is said: sentences as an ear hears them, and pictures to compare with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hearsight.data.encodings import fingerprint
from hearsight.data.spoken_pictures import SpokenPictures, drawn
from hearsight.data.stratified import stratified
from hearsight.device import usable_device
from hearsight.encoders.speech import SpeechEncoder
from hearsight.encoders.speech_embedding import PictureEncoder
from hearsight.errors import DataError
from hearsight.files import save_array
from hearsight.pixels import from_uint8
from hearsight.seeds import derive
from hearsight.training.speech_embedding import padded

BLOCK = 1024
"""Sentences in a file of embeddings."""
TOGETHER = 32
"""Sentences that are heard at once."""


@dataclass(frozen=True, eq=False)
class HeardPictures:
    """Batch n, a function of (seed, n): classes equally often, each with a sentence, and pictures to compare with."""

    source: SpokenPictures
    """Pictures and what is said about them."""
    embeddings: Sequence[Float[np.ndarray, "sentence embed"]]
    """What the ear makes of every sentence, in blocks, see `heard`."""
    looks: Float[np.ndarray, "picture embed"] | None
    """What the eye makes of every picture, unless they vary, see `looks`."""
    size: int
    """Rows of a batch."""
    seed: int
    """Seed of everything drawn."""

    def __post_init__(self) -> None:
        if len(self.source.labels) < 2:
            raise DataError(f"{self.source.labels[0]}: is the only class, and wrong pictures are of another; add some.")

    def batch(self, index: int) -> dict[str, Tensor]:
        """What `StackedGANTask` asks for; pictures are 8-bit RGB."""
        source, random = self.source, np.random.default_rng(derive(self.seed, "stacked-gan", index))
        classes = stratified(len(source.labels), self.size, random)
        others = (classes + random.integers(1, len(source.labels), self.size)) % len(source.labels)
        truth, same, other = (
            [drawn(source.of_class(label), random) for label in some] for some in (classes, classes, others)
        )
        said = [drawn(source.sentences(picture), random) for picture in truth]
        batch = {
            "embeddings": torch.from_numpy(np.stack([self.embeddings[n // BLOCK][n % BLOCK] for n in said])),
            "pictures": self._shown(truth, random),
            "wrong": self._wrong(truth, other, random),
        }
        if self.looks is None:
            return {**batch, "same": self._shown(same, random)}
        seen = {"truth": truth, "same": same, "other": other}
        return {**batch, **{name: torch.from_numpy(self.looks[pictures]) for name, pictures in seen.items()}}

    def _wrong(
        self, truth: Sequence[int], other: Sequence[int], random: np.random.Generator
    ) -> UInt8[Tensor, "batch 3 side side"]:
        """Pictures of other classes; where it is known what is not true, every second differs in that alone."""
        wrong = self._shown(other, random)
        for row, picture in enumerate(truth[::2]):
            untrue = self.source.untrue(picture, random)
            if untrue is not None:
                wrong[2 * row] = untrue
        return wrong

    def _shown(self, pictures: Sequence[int], random: np.random.Generator) -> UInt8[Tensor, "batch 3 side side"]:
        return torch.stack([self.source.colours(picture, random) for picture in pictures])


@torch.no_grad()
def heard(ear: SpeechEncoder, source: SpokenPictures, folder: Path) -> list[Float[np.ndarray, "sentence embed"]]:
    """The embedding of every sentence, `BLOCK` of them in a file of `folder`, where they stay.

    An interrupted hearing goes on where it was. An ear that hears padding hears one sentence at a time.
    """
    from rich.console import Console
    from rich.progress import track

    mark, device = fingerprint(ear, source.stamp)[:16], usable_device(None)
    together = 1 if ear.config.padding == "heard" else TOGETHER
    files = {folder / f"heard-{mark}-{first:07}.npy": first for first in range(0, source.spoken, BLOCK)}
    missing = [file for file in files if not file.is_file()]
    ear.to(device)
    for file in track(missing, "sentences", console=Console(stderr=True), transient=True, disable=not missing):
        numbers, rows = range(files[file], min(files[file] + BLOCK, source.spoken)), []
        for first in range(0, len(numbers), together):
            spectrograms, lengths = padded([source.spectrogram(n) for n in numbers[first : first + together]])
            rows.append(ear(spectrograms.to(device), lengths).cpu().numpy())
        save_array(file, np.concatenate(rows))
    ear.cpu()
    return [np.load(file, mmap_mode="r") for file in files]


@torch.no_grad()
def looks(eye: PictureEncoder, source: SpokenPictures) -> Float[np.ndarray, "picture embed"] | None:
    """The embedding of every picture; None where pictures vary, as then the eye must look each time."""
    if source.varied:
        return None
    eye.eval()
    random = np.random.default_rng(0)  # nothing is left to chance
    seen: dict[int, Float[np.ndarray, " embed"]] = {}
    for label in range(len(source.labels)):
        pictures = source.of_class(label)
        shown = torch.stack([source.colours(picture, random) for picture in pictures])
        seen.update(zip(pictures, eye(from_uint8(shown)).numpy(), strict=True))
    return np.stack([seen[picture] for picture in sorted(seen)])
