"""Miniature folders in the layouts in which the two sets of spoken captions are handed on."""

import json
import pickle

import pytest

from hearsight.data.flickr_audio import read_flickr8k, read_places
from hearsight.errors import DataError


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def pickled(folder, **sides):
    for side, keys in sides.items():
        write(folder / side / "filenames.pickle")
        (folder / side / "filenames.pickle").write_bytes(pickle.dumps(keys))


@pytest.mark.parametrize("pictures", ["images", "Flicker8k_Dataset"])
def test_flickr8k_as_published(tmp_path, pictures):
    for key in ("100_ab", "200_cd", "300_ef"):
        write(tmp_path / pictures / f"{key}.jpg")
        for number in range(5 if key == "100_ab" else 2):
            write(tmp_path / "flickr_audio" / "wavs" / f"{key}_{number}.wav")
    write(tmp_path / "Flickr_8k.trainImages.txt", "100_ab.jpg\n999_none.jpg\n")
    write(tmp_path / "Flickr_8k.devImages.txt", "300_ef.jpg\n")
    write(tmp_path / "Flickr_8k.testImages.txt", "200_cd.jpg\n")
    write(tmp_path / "Flickr8k.token.txt", "100_ab.jpg#0\tA dog runs .\n100_ab.jpg#1\tA brown dog .\n")
    dog, other = read_flickr8k(tmp_path)
    assert (dog.key, dog.label, dog.split) == ("100_ab", "100_ab", "train")
    assert dog.captions == ("A dog runs .", "A brown dog .") and dog.picture == tmp_path / pictures / "100_ab.jpg"
    assert [path.name for path in dog.audio] == [f"100_ab_{number}.wav" for number in range(5)]
    assert (other.key, other.split, len(other.audio), other.captions) == ("200_cd", "held_out", 2, ())


def test_flickr8k_as_s2igan_has_it(tmp_path):
    for key in ("100_ab", "200_cd"):
        write(tmp_path / "images" / f"{key}.jpg")
        write(tmp_path / "flickr_audio" / "wavs" / f"{key}_0.wav")
    pickled(tmp_path, train=["200_cd"], test=["100_ab"])
    assert [(one.key, one.split) for one in read_flickr8k(tmp_path)] == [("200_cd", "train"), ("100_ab", "held_out")]


def test_places_as_s2igan_has_it(tmp_path):
    write(tmp_path / "images" / "b" / "bedroom" / "x.jpg")
    write(tmp_path / "images" / "kitchen.jpg")
    write(tmp_path / "audio" / "wav" / "kitchen.wav")
    write(tmp_path / "audio" / "wav" / "b" / "bedroom" / "x" / "said.wav")
    pickled(tmp_path, train=["b/bedroom/x", "none"], test=["kitchen"])
    bedroom, kitchen = read_places(tmp_path)
    assert (bedroom.key, bedroom.split, bedroom.audio[0].name) == ("b/bedroom/x", "train", "said.wav")
    assert (kitchen.split, kitchen.audio[0].name) == ("held_out", "kitchen.wav")


def test_places_as_published(tmp_path):
    entries = {"train": "a", "val": "b"}
    for name, key in entries.items():
        write(tmp_path / "images" / key / "gsun_1.jpg")
        write(tmp_path / "wavs" / "1" / f"utterance_{key}.wav")
        said = {"image": f"{key}/gsun_1.jpg", "wav": f"wavs/1/utterance_{key}.wav", "asr_text": "a garden"}
        gone = {"image": "gone.jpg", "wav": "wavs/gone.wav"}
        write(tmp_path / "metadata" / f"{name}.json", json.dumps({"data": [said, gone]}))
    first, second = read_places(tmp_path)
    assert (first.key, first.split, first.captions) == ("a/gsun_1", "train", ("a garden",))
    assert (second.split, second.audio) == ("held_out", (tmp_path / "wavs" / "1" / "utterance_b.wav",))


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match="holds nothing of this data set; expected images/, flickr_audio/wavs/"):
        read_flickr8k(tmp_path)
    with pytest.raises(DataError, match="holds nothing of this data set; expected images/, audio/wav/"):
        read_places(tmp_path)
    write(tmp_path / "metadata" / "train.json", '{"data": [{"image": "x.jpg"}]}')
    with pytest.raises(DataError, match="an entry lacks 'image' or 'wav'"):
        read_places(tmp_path)
    write(tmp_path / "metadata" / "train.json", "[]")
    with pytest.raises(DataError, match="is not a list of spoken captions"):
        read_places(tmp_path)
