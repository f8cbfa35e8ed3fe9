from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.data import pairs
from hearsight.data.birds import Birds
from hearsight.data.pairs import Item
from hearsight.data.spoken_birds import SpokenBirds, bird_captions
from hearsight.encoders import speech
from hearsight.errors import DataError

BIRDS = Birds(size=16, count=4, held_out=1, sentences=10)


def spoken(folder: Path, labels: list[str]) -> Path:
    """Two noises about every species."""
    random = np.random.default_rng(0)
    items = []
    for label in labels:
        for number in range(2):
            path = f"{label.replace('/', '-')}-{number}.wav"
            soundfile.write(folder / path, random.normal(0, 0.1, 8000 + 800 * number), 8000)
            items.append(Item(path, "sound", label, "train"))
    pairs.write_manifest(folder, items)
    return folder


def test_every_sentence_about_every_species_is_a_caption():
    captions = list(bird_captions(BIRDS))
    assert len(captions) == 40 and len({caption.name for caption in captions}) == 40
    assert {caption.label for caption in captions} == {species.label for species in BIRDS.species()}
    held_out = {caption.label for caption in captions if caption.split == "held_out"}
    assert held_out == {species.label for species in BIRDS.species("held_out")}
    species = BIRDS.species("train")[0]
    said = [caption.text for caption in captions if caption.label == species.label]
    assert said == [description.text for description in BIRDS.all_descriptions(species)]


def test_sentences_and_pictures_are_of_the_species_asked_for(tmp_path):
    species = sorted(BIRDS.species("train"), key=lambda one: one.label)
    source = SpokenBirds.load(
        spoken(tmp_path, [one.label for one in species]), "train", speech.debug(), BIRDS, pictures=3
    )
    assert source.labels == tuple(one.label for one in species) and not source.varied and source.spoken == 6
    assert [list(source.of_class(label)) for label in range(3)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    drawn = np.asarray(BIRDS.picture(species[1], 2)).transpose(2, 0, 1)
    np.testing.assert_array_equal(source.colours(5, np.random.default_rng(0)), drawn)

    assert sorted(number for picture in (0, 3, 6) for number in source.sentences(picture)) == list(range(6))
    assert list(source.sentences(5)) == list(source.sentences(3))
    lengths = sorted(len(source.spectrogram(number)) for number in source.sentences(5))
    assert lengths == [101, 111]
    torch.testing.assert_close(source.spectrogram(2).mean(dim=0), torch.zeros(12), atol=1e-3, rtol=0)


def test_sentences_about_other_birds_are_refused(tmp_path):
    labels = [species.label for species in BIRDS.species("train")[:2]]
    with pytest.raises(DataError, match="is drawn or spoken of, not both"):
        SpokenBirds.load(spoken(tmp_path, labels), "train", speech.debug(), BIRDS, pictures=1)
