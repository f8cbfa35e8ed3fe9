"""Birds in Miniature with what is said about them: sentences as spectrograms in memory, pictures drawn when asked for.

No description mentions what differs between two pictures of a species, so any sentence belongs to any of its pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.data.bird_species import Species
from hearsight.data.birds import Birds
from hearsight.data.captions import Caption
from hearsight.data.pairs import Split
from hearsight.data.spectrograms import Spectrograms, load_spectrograms
from hearsight.encoders.speech import SpeechEncoderConfig, standardised
from hearsight.errors import DataError
from hearsight.pixels import to_pixels

PICTURES = 2**31
"""Pictures of a species that are drawn from: as good as endless."""


@dataclass(frozen=True, eq=False)
class SpokenBirds:
    """Pairs of sentence and picture by species."""

    birds: Birds
    """What is drawn."""
    split: Split
    """Which species."""
    sentences: Spectrograms
    """What is said about them."""
    standardise: bool
    """Whether every band of a sentence is standardised, as the ear wants it."""

    @classmethod
    def load(cls, folder: Path, split: Split, ear: SpeechEncoderConfig, birds: Birds) -> "SpokenBirds":
        """The sentences in `folder`, of `hearsight data speak birds`, and the birds they are about.

        Raises DataError where they speak of other species.
        """
        sentences = load_spectrograms(folder, split, ear.mel)
        species = {one.label for one in birds.species(split)}
        odd = sorted(species ^ set(sentences.labels))
        if odd:
            raise DataError(f"{folder}: {odd[0]!r} is drawn or spoken of, not both; run `hearsight data speak birds`.")
        return cls(birds, split, sentences, ear.standardise)

    def sentence(self, species: int, random: np.random.Generator) -> Float[Tensor, "frame band"]:
        """A random sentence about a species, numbered as in `labels`, as the ear takes it."""
        return self.as_heard(self.sentences.draw(species, random))

    def as_heard(self, mel: Float[np.ndarray, "band frame"]) -> Float[Tensor, "frame band"]:
        """One of `sentences` as the ear takes it."""
        turned = torch.from_numpy(mel.astype(np.float32)).mT
        return standardised(turned) if self.standardise else turned

    def picture(self, species: int, random: np.random.Generator) -> Float[Tensor, "3 size size"]:
        """A random picture of a species, in [-1, 1]."""
        return to_pixels(self.birds.picture(self.species[species], int(random.integers(PICTURES))))

    @property
    def labels(self) -> tuple[str, ...]:
        """The species, sorted by name."""
        return self.sentences.labels

    @cached_property
    def species(self) -> tuple[Species, ...]:
        """The same, with their looks."""
        return tuple(sorted(self.birds.species(self.split), key=lambda one: one.label))


def bird_captions(birds: Birds) -> Iterator[Caption]:
    """Every sentence there is about every species, to be spoken."""
    for species in birds.species():
        for number, description in enumerate(birds.all_descriptions(species)):
            yield Caption(f"{species.label}/{number:02}", description.text, species.label, birds.split(species))
