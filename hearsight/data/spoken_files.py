"""Spoken pictures of a data set on the disk: only what a batch asks for is read, so that any size takes no memory."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor

from hearsight.data.described import Described
from hearsight.data.picture_crop import random_square
from hearsight.data.stratified import grouped
from hearsight.encoders.speech import SpeechEncoderConfig, sentence_spectrogram
from hearsight.errors import DataError
from hearsight.files import stamp
from hearsight.sound.sound import Sound


@dataclass(frozen=True, eq=False)
class SpokenFiles:
    """`SpokenPictures` of CUB-200-2011, Oxford-102, Flickr8k, Places, or whatever comes in their layouts."""

    described: tuple[Described, ...]
    """The pictures, each with some speech."""
    ear: SpeechEncoderConfig
    """The ear that sentences are prepared for."""
    side: int
    """Height and width in pixels of the squares that pictures are seen as."""

    @property
    def varied(self) -> bool:
        """True: squares are cut at random."""
        return True

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Class names, sorted."""
        return tuple(sorted({one.label for one in self.described}))

    @cached_property
    def stamp(self) -> str:
        """Changes with any file of speech."""
        return stamp(Path(), (path.absolute().as_posix() for path in self._speech))

    @property
    def spoken(self) -> int:
        """How many sentences there are."""
        return len(self._speech)

    def of_class(self, label: int) -> Int[np.ndarray, " picture"]:
        """The pictures of class number `label`."""
        return self._members[label]

    def sentences(self, picture: int) -> range:
        """The sentences about a picture."""
        return range(self._first[picture], self._first[picture + 1])

    def colours(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 side side"]:
        """A random square of a picture, or of what its box holds. Raises DataError for a file that cannot be read."""
        one = self.described[picture]
        try:
            with Image.open(one.picture) as opened:
                shown = opened.convert("RGB").crop(one.crop(*opened.size))
        except (OSError, ValueError) as error:
            raise DataError(f"{one.picture}: not a readable picture ({error}); replace or remove it.") from None
        return random_square(shown, self.side, random)

    def untrue(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 side side"] | None:
        """None: nobody knows what is not true."""
        return None

    def spectrogram(self, sentence: int) -> Float[Tensor, "frame band"]:
        """A sentence as the ear takes it. Raises SoundError where nothing can be heard."""
        return sentence_spectrogram(Sound.read(self._speech[sentence], rate=self.ear.mel.rate), self.ear)

    @cached_property
    def _speech(self) -> tuple[Path, ...]:
        return tuple(path for one in self.described for path in one.audio)

    @cached_property
    def _first(self) -> tuple[int, ...]:
        """The number of each picture's first sentence, and of all."""
        return (0, *np.cumsum([len(one.audio) for one in self.described]).tolist())

    @cached_property
    def _members(self) -> tuple[Int[np.ndarray, " picture"], ...]:
        number = {label: place for place, label in enumerate(self.labels)}
        return grouped([number[one.label] for one in self.described], len(self.labels))
