"""Birds in Miniature with what is said about them: sentences as spectrograms and drawn pictures, both in memory.

No description mentions what differs between two pictures of a species, so any sentence belongs to any of its pictures.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from hearsight.data.bird_pictures import bird_pictures
from hearsight.data.birds import Birds
from hearsight.data.captions import Caption
from hearsight.data.pairs import Split
from hearsight.data.spectrograms import Spectrograms, load_spectrograms
from hearsight.data.spoken_pictures import Numbers
from hearsight.encoders.speech import SpeechEncoderConfig, standardised
from hearsight.errors import DataError


@dataclass(frozen=True, eq=False)
class SpokenBirds:
    """`SpokenPictures` of drawn birds; picture n is of species n // (pictures of a species), sorted by name."""

    pictures: UInt8[np.ndarray, "species picture 3 size size"]
    """What is drawn."""
    speech: Spectrograms
    """What is said about the species."""
    standardise: bool
    """Whether every band of a sentence is standardised, as the ear wants it."""

    @classmethod
    def load(cls, folder: Path, split: Split, ear: SpeechEncoderConfig, birds: Birds, pictures: int) -> Self:
        """The sentences in `folder`, of `hearsight data speak birds`, and pictures of the birds they are about.

        Raises DataError where they speak of other species.
        """
        speech = load_spectrograms(folder, split, ear.mel)
        odd = sorted({one.label for one in birds.species(split)} ^ set(speech.labels))
        if odd:
            raise DataError(f"{folder}: {odd[0]!r} is drawn or spoken of, not both; run `hearsight data speak birds`.")
        return cls(speech=speech, standardise=ear.standardise, **cls._drawn(folder, split, birds, pictures))

    @classmethod
    def _drawn(cls, folder: Path, split: Split, birds: Birds, pictures: int) -> dict[str, UInt8[np.ndarray, "..."]]:
        """The fields that hold pictures."""
        species = tuple(sorted(birds.species(split), key=lambda one: one.label))
        return {"pictures": bird_pictures(birds, species, pictures, folder / ".cache")}

    @property
    def varied(self) -> bool:
        """False: a picture is what it is."""
        return False

    @property
    def labels(self) -> tuple[str, ...]:
        """The species."""
        return self.speech.labels

    @property
    def stamp(self) -> str:
        """Of the species and the number of sentences."""
        return f"{self.speech.labels} {self.spoken}"

    @property
    def spoken(self) -> int:
        """How many sentences there are."""
        return len(self.speech.decibels)

    def of_class(self, label: int) -> Numbers:
        """The pictures of class number `label`."""
        many = self.pictures.shape[1]
        return range(label * many, (label + 1) * many)

    def sentences(self, picture: int) -> Int[np.ndarray, " sentence"]:
        """All sentences about the species of a picture."""
        return self.speech.chances[picture // self.pictures.shape[1]][0]

    def colours(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 size size"]:
        """A picture, 8-bit RGB."""
        return torch.from_numpy(self.pictures[divmod(picture, self.pictures.shape[1])])

    def untrue(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 size size"] | None:
        """None: of a species everything is true."""
        return None

    def spectrogram(self, sentence: int) -> Float[Tensor, "frame band"]:
        """A sentence as the ear takes it."""
        mel = torch.from_numpy(self.speech.decibels[sentence].astype(np.float32)).mT
        return standardised(mel) if self.standardise else mel


def bird_captions(birds: Birds) -> Iterator[Caption]:
    """Every sentence there is about every species, to be spoken."""
    for species in birds.species():
        for number, description in enumerate(birds.all_descriptions(species)):
            yield Caption(f"{species.label}/{number:02}", description.text, species.label, birds.split(species))
