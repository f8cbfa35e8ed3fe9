"""Which spoken pictures a folder holds: its layout says which data set it is."""

from pathlib import Path
from typing import Literal

from hearsight.data.birds import Birds
from hearsight.data.cub import PICTURES, read_cub
from hearsight.data.described import Described
from hearsight.data.flickr_audio import read_flickr8k, read_places
from hearsight.data.pairs import Split
from hearsight.data.said_birds import SaidBirds
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.data.spoken_files import SpokenFiles
from hearsight.data.spoken_pictures import SpokenPictures
from hearsight.encoders.speech import SpeechEncoderConfig
from hearsight.errors import DataError

Shown = Literal["species", "said"]
"""What a drawn bird is beside what a sentence about it names: as its species, or anything, see `data/said_birds.py`."""

WITH_SPEECH = {"flickr_audio": read_flickr8k, "audio/wav": read_places, "metadata/train.json": read_places}
"""Readers of data sets that come with speech, by what only these have."""


def find_spoken(
    folder: Path,
    split: Split,
    ear: SpeechEncoderConfig,
    *,
    side: int,
    speech: Path | None = None,
    birds: Birds | None = None,
    pictures: int = 1,
    shown: Shown = "species",
) -> SpokenPictures:
    """The spoken pictures of a split.

    Args:
        folder: a data set in one of the layouts of `data/cub.py` and `data/flickr_audio.py`, or the folder of
            `hearsight data speak birds`.
        ear: sentences are prepared for it.
        side: height and width of pictures that come as files.
        speech: the folder of `hearsight data speak`, for captions that were spoken into another one.
        birds, pictures: the aviary of Birds in Miniature, and how many pictures of each species are drawn.
        shown: or of each sentence, see `Shown`.

    Raises DataError where nothing is said, or nothing is there.
    """
    if not _has_files(folder):
        kind = SaidBirds if shown == "said" else SpokenBirds
        return kind.load(folder, split, ear, birds or Birds(), pictures)
    described = tuple(one for one in read_described(folder, speech) if one.split == split and one.audio)
    if not described:
        raise DataError(
            f"{folder}: nothing is said about its {split} pictures; run `hearsight data speak {folder} --out SPEECH`, "
            "then give speech=SPEECH."
        )
    return SpokenFiles(described, ear, side)


def read_described(folder: Path, speech: Path | None = None) -> list[Described]:
    """The described pictures of a data set, read by whoever knows its layout; what is said about them may be elsewhere.

    Raises DataError as these readers do, and where `speech` is given for a data set that comes with its own.
    """
    reader = next((read for mark, read in WITH_SPEECH.items() if (folder / mark).exists()), None)
    if reader is None:
        return read_cub(folder, speech)
    if speech:
        raise DataError(f"{speech}: {folder} comes with speech of its own; leave speech out.")
    return reader(folder)


def _has_files(folder: Path) -> bool:
    """Whether there are pictures: Birds in Miniature has none."""
    marks = (*PICTURES, *WITH_SPEECH, *(f"*/{name}" for name in PICTURES))
    return any(next(folder.glob(mark), None) for mark in marks)
