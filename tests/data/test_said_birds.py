"""What a sentence says is true of its pictures, one word is not of the others, and nothing else is kept."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearsight.data import pairs
from hearsight.data.bird_species import PARTS
from hearsight.data.birds import Birds
from hearsight.data.find_spoken import find_spoken
from hearsight.data.pairs import Item
from hearsight.data.said_birds import SaidBirds, said_pictures, shown_bird
from hearsight.encoders import speech
from hearsight.errors import DataError

BIRDS = Birds(size=16, count=6, held_out=2, sentences=10)


@pytest.mark.parametrize("lie", [False, True])
def test_a_bird_is_what_is_said_but_for_a_lie_and_anything_else(lie: bool) -> None:
    random = np.random.default_rng(0)
    for species in BIRDS.species("train"):
        for said in BIRDS.all_descriptions(species):
            birds = [shown_bird(said, set(), random, lie) for _ in range(20)]
            for bird in birds:
                assert bird.told_apart
                assert sum(bird.colour(part) != species.colour(part) for part in said.parts) == lie
            for part in set(PARTS) - set(said.parts):
                assert len({bird.colour(part) for bird in birds}) > 1, "parts that are not named have any colour"


def test_held_out_colours_are_never_shown() -> None:
    said = BIRDS.all_descriptions(BIRDS.species("train")[0])[0]
    random = np.random.default_rng(0)
    usual = {shown_bird(said, set(), random).colours for _ in range(2000)}
    never = set(sorted(usual)[: len(usual) // 2])
    assert not never & {shown_bird(said, never, random).colours for _ in range(200)}


def test_pictures_are_drawn_once(tmp_path: Path) -> None:
    said = BIRDS.all_descriptions(BIRDS.species("train")[1])
    pictures = said_pictures(BIRDS, said, 2, tmp_path)
    assert pictures.shape == (10, 2, 3, 16, 16) and pictures.dtype == np.uint8
    files = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npy")}
    np.testing.assert_array_equal(said_pictures(BIRDS, said, 2, tmp_path), pictures)
    assert files == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*.npy")}
    assert (said_pictures(BIRDS, said, 2, tmp_path, lie=True) != pictures).any(axis=(1, 2, 3, 4)).all()


def spoken(folder: Path, name: str = "{number:02}") -> Path:
    """Two noises about every species in training, named like its third and fourth sentence."""
    items = []
    for species in BIRDS.species("train"):
        (folder / species.label).mkdir()
        for number in (2, 3):
            path = f"{species.label}/{name.format(number=number)}.wav"
            soundfile.write(folder / path, np.random.default_rng(number).normal(0, 0.1, 8000), 8000)
            items.append(Item(path, "sound", species.label, "train"))
    pairs.write_manifest(folder, items)
    return folder


def test_every_sentence_is_a_class_of_its_own(tmp_path: Path) -> None:
    birds = find_spoken(spoken(tmp_path), "train", speech.debug(), side=16, birds=BIRDS, pictures=3, shown="said")
    assert isinstance(birds, SaidBirds) and len(birds.labels) == birds.spoken == 8
    assert list(birds.of_class(2)) == [6, 7, 8] and list(birds.sentences(7)) == [2]
    items = pairs.read(tmp_path, "sound", "train")
    known = {one.label: one for one in BIRDS.species("train")}
    said = [BIRDS.all_descriptions(known[item.label])[int(Path(item.path).stem)] for item in items]
    random = np.random.default_rng(0)
    np.testing.assert_array_equal(birds.colours(7, random), said_pictures(BIRDS, said, 3, tmp_path)[2, 1])
    lies = said_pictures(BIRDS, said, 3, tmp_path, lie=True)[2]
    assert any((birds.untrue(7, random).numpy() == lie).all() for lie in lies)


def test_a_file_must_be_called_by_its_sentences_number(tmp_path: Path) -> None:
    folder = spoken(tmp_path, "sentence-{number}")
    with pytest.raises(DataError, match=r"sentence-2\.wav: is no sentence's number; run `hearsight data speak birds`"):
        find_spoken(folder, "train", speech.debug(), side=16, birds=BIRDS, shown="said")
