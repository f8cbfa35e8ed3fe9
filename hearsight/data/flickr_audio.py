"""Pictures with real speech about them: the Flickr8k and the Places audio captions.

    FLICKR8K/                                              PLACES/
      images/ or Flicker8k_Dataset/                          images/<picture>.jpg
      flickr_audio/wavs/<picture>_<0 to 4>.wav               audio/wav/<picture>.wav or audio/wav/<picture>/*
      Flickr8k.token.txt       captions, if wanted           train/filenames.pickle and test/, as S2IGAN has them,
      Flickr_8k.trainImages.txt and testImages, or           or metadata/train.json and val.json, as published
      train/filenames.pickle and test/, as S2IGAN has them

Harwath, Glass (2015), and Harwath, Torralba, Glass (2016). Neither has classes, so every picture is one of its own.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hearsight.data.captions import read_lines
from hearsight.data.described import Described, find_picture, pickled_keys, require, sounds_in
from hearsight.data.pairs import Split
from hearsight.errors import DataError

FLICKR_LISTS: dict[str, Split] = {"Flickr_8k.trainImages.txt": "train", "Flickr_8k.testImages.txt": "held_out"}
"""Published lists of pictures; those of `devImages` are in neither split."""
FLICKR_PICTURES = ("images", "Flicker8k_Dataset", "Flickr8k_Dataset")
PLACES_LISTS: dict[str, Split] = {"train.json": "train", "val.json": "held_out", "test.json": "held_out"}
FLICKR_EXPECTED = "images/, flickr_audio/wavs/, and Flickr_8k.trainImages.txt or train/filenames.pickle"
PLACES_EXPECTED = "images/, audio/wav/ and train/filenames.pickle, or metadata/train.json"


def read_flickr8k(folder: Path) -> list[Described]:
    """The spoken pictures of Flickr8k, those to train on first. Raises DataError where there are none."""
    captions = _flickr_captions(folder)
    found = []
    for key, split in _flickr_splits(folder).items():
        picture = find_picture(*(folder / pictures / key for pictures in FLICKR_PICTURES))
        said = tuple(path for number in range(5) if (path := _flickr_sound(folder, key, number)).is_file())
        if picture and said:
            found.append(Described(key, picture, key, split, captions.get(key, ()), said))
    return require(found, folder, FLICKR_EXPECTED)


def read_places(folder: Path) -> list[Described]:
    """The spoken pictures of Places, those to train on first. Raises DataError where there are none."""
    lists = [(folder / "metadata" / name, split) for name, split in PLACES_LISTS.items()]
    published = [one for path, split in lists if path.is_file() for one in _places_published(folder, path, split)]
    return require(published or _places_subset(folder), folder, PLACES_EXPECTED)


def _flickr_sound(folder: Path, key: str, number: int) -> Path:
    return folder / "flickr_audio" / "wavs" / f"{key}_{number}.wav"


def _flickr_splits(folder: Path) -> dict[str, Split]:
    lists = [(folder / name, split) for name, split in FLICKR_LISTS.items()]
    listed = {Path(name).stem: split for path, split in lists if path.is_file() for name in read_lines(path) if name}
    return listed or pickled_keys(folder)


def _flickr_captions(folder: Path) -> dict[str, tuple[str, ...]]:
    """Captions by picture, from lines `<picture>.jpg#<number><tab><caption>`."""
    path, captions = folder / "Flickr8k.token.txt", dict[str, list[str]]()
    for line in read_lines(path) if path.is_file() else ():
        name, tab, caption = line.partition("\t")
        if tab:
            captions.setdefault(name.partition(".jpg")[0], []).append(caption)
    return {key: tuple(several) for key, several in captions.items()}


def _places_subset(folder: Path) -> Iterator[Described]:
    for key, split in pickled_keys(folder).items():
        picture, speech = find_picture(folder / "images" / key), folder / "audio" / "wav"
        single = speech / f"{key}.wav"
        said = (single,) if single.is_file() else sounds_in(speech / key)
        if picture and said:
            yield Described(key, picture, key, split, (), said)


def _places_published(folder: Path, path: Path, split: Split) -> Iterator[Described]:
    for entry in _entries(path):
        try:
            image, wave = str(entry["image"]), str(entry["wav"])
        except (KeyError, TypeError):
            raise DataError(f"{path}: an entry lacks 'image' or 'wav'; fetch the audio captions again.") from None
        sounds = [place / wave for place in (folder, folder / "audio", folder / "audio" / "wav")]
        picture, said = folder / "images" / image, next((sound for sound in sounds if sound.is_file()), None)
        if picture.is_file() and said:
            text, key = str(entry.get("asr_text", "")), image.rpartition(".")[0]
            yield Described(key, picture, key, split, (text,) if text else (), (said,))


def _entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not a list of spoken captions ({error}); fetch it again.") from None
    return list(entries)
