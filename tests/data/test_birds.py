import numpy as np
import pytest
from PIL import Image

from hearsight.cli import run
from hearsight.data.bird_drawing import colour_of, part_masks
from hearsight.data.birds import CAPTIONS, Birds
from hearsight.data.cub import read_cub
from hearsight.errors import ConfigError


def test_training_sees_150_species_and_the_rest_are_held_out():
    birds = Birds()
    train, held_out = birds.species("train"), birds.species("held_out")
    assert (len(train), len(held_out)) == (150, 50) and birds.species() == train + held_out
    assert {birds.split(species) for species in held_out} == {"held_out"}
    assert {birds.split(species) for species in train} == {"train"}


def test_pictures_and_sentences_are_functions_of_seed_species_and_number():
    birds, again, other = Birds(seed=4), Birds(seed=4), Birds(seed=5)
    species = birds.species()[20]
    assert birds.picture(species, 3).tobytes() == again.picture(species, 3).tobytes()
    assert birds.picture(species, 3).tobytes() != birds.picture(species, 4).tobytes()
    assert birds.picture(species, 3).tobytes() != other.picture(species, 3).tobytes()
    assert birds.descriptions(species, 3) == again.descriptions(species, 3) != birds.descriptions(species, 4)


def test_a_picture_has_ten_of_the_sentences_of_its_species():
    birds = Birds(sentences=30)
    species = birds.species("held_out")[0]
    every = birds.all_descriptions(species)
    assert len({one.text for one in every}) == 30
    for number in range(5):
        texts = [one.text for one in birds.descriptions(species, number)]
        assert len(set(texts)) == CAPTIONS and set(texts) <= {one.text for one in every}


def test_a_bird_can_be_measured():
    birds = Birds(size=96)
    species = birds.species()[0]
    mask = part_masks(birds.bird(species, 0), birds.size)["belly"]
    assert mask.shape == (96, 96) and colour_of(birds.picture(species, 0), mask).shape == (3,)


def test_settings_that_cannot_be():
    with pytest.raises(ConfigError, match="held_out=201: of 200 species"):
        Birds(held_out=201)
    with pytest.raises(ConfigError, match="sentences=9: every picture has 10"):
        Birds(sentences=9)


def test_the_command_writes_what_the_reader_of_cub_reads(tmp_path, capsys):
    out = tmp_path / "birds"
    assert run(["data", "make", "birds", "--out", str(out), "--count", "1", "--size", "16"]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    described = read_cub(out)
    birds = Birds(size=16)
    assert [one.split for one in described] == ["train"] * 150 + ["held_out"] * 50
    assert [one.label for one in described] == [species.label for species in birds.species()]
    species = birds.species()[7]
    assert described[7].captions == tuple(one.text for one in birds.descriptions(species, 0))
    np.testing.assert_array_equal(Image.open(described[7].picture), birds.picture(species, 0))
