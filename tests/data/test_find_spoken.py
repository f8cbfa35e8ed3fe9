from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.data.birds import Birds
from hearsight.data.find_spoken import find_spoken, read_described
from hearsight.data.pairs import Item, write_manifest
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.data.spoken_files import SpokenFiles
from hearsight.encoders import speech
from hearsight.errors import DataError


def find(folder: Path, **options: Any) -> SpokenBirds | SpokenFiles:
    found = find_spoken(folder, "train", speech.debug(), side=32, **options)
    assert isinstance(found, SpokenBirds | SpokenFiles)
    return found


def write(folder: Path, *names: str) -> None:
    """Sounds, pictures and lists, by their suffix."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".wav":
            soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 4000), 8000)
        elif path.suffix == ".jpg":
            Image.new("RGB", (40, 50)).save(path)
        else:
            path.write_text("a.jpg\nb.jpg\n")


def test_cub_with_speech_elsewhere(spoken_cub: Path) -> None:
    source = find(spoken_cub / "cub", speech=spoken_cub / "speech")
    assert isinstance(source, SpokenFiles) and len(source.described) == 6 and source.side == 32
    with pytest.raises(DataError, match=r"nothing is said about its train pictures; run `hearsight data speak"):
        find(spoken_cub / "cub")


def test_flickr8k_has_its_own_speech_and_every_picture_is_a_class(tmp_path: Path) -> None:
    sounds = (f"flickr_audio/wavs/{name}_{number}.wav" for name in "ab" for number in range(2))
    write(tmp_path, "images/a.jpg", "images/b.jpg", *sounds, "Flickr_8k.trainImages.txt")
    source = find(tmp_path)
    assert source.labels == ("a", "b") and list(source.sentences(1)) == [2, 3]
    with pytest.raises(DataError, match="comes with speech of its own"):
        read_described(tmp_path, tmp_path / "speech")


@pytest.mark.parametrize("published", [True, False])
def test_places(tmp_path: Path, published: bool) -> None:
    write(tmp_path, "images/a.jpg", "audio/wav/a.wav")
    if published:
        (tmp_path / "metadata").mkdir()
        (tmp_path / "metadata" / "train.json").write_text('{"data": [{"image": "a.jpg", "wav": "a.wav"}]}')
    else:
        (tmp_path / "train").mkdir()
        (tmp_path / "train" / "filenames.pickle").write_bytes(b"(lp0\nVa\np1\na.")
    assert find(tmp_path).labels == ("a",)


def test_birds_in_miniature_are_drawn(tmp_path: Path) -> None:
    birds = Birds(size=16, count=3, held_out=1, sentences=10)
    labels = [one.label for one in birds.species("train")]
    write(tmp_path, "0.wav", "1.wav")
    write_manifest(tmp_path, [Item(f"{number}.wav", "sound", label) for number, label in enumerate(labels)])
    source = find(tmp_path, birds=birds, pictures=2)
    assert isinstance(source, SpokenBirds) and source.pictures.shape == (2, 2, 3, 16, 16)


def test_a_folder_of_nothing_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no train sound"):
        find(tmp_path)
