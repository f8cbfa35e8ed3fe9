import numpy as np
import pytest

from hearsight.data.bird_species import PARTS, Species, all_species
from hearsight.data.bird_words import FRAMES, Description, describe, descriptions

ROBIN = Species(
    1, "orange", "brown", "blue", "red", "white", "yellow", size="small", build="plump", tail_shape="long", crest=True
)


def test_sentences_read_as_people_would_say_them():
    says = Description(ROBIN, FRAMES[0], ("belly", "wing", "beak"), figure=True)
    assert says.text == "this small plump bird has a red belly, blue wings and a short yellow beak"
    assert Description(ROBIN, FRAMES[1], ("head", "body"), False, False).text == "a brown bird with an orange head"
    whose = Description(ROBIN, FRAMES[8], ("head", "wing", "tail"))
    assert (
        whose.text == "this is a small plump bird whose crested head is orange, wings are blue and long tail is white"
    )
    plain = Species(2, "red", "orange", "blue", "white", "red", "black")
    assert Description(plain, FRAMES[1], ("body", "tail")).text == "an orange bird with a short red tail"


def test_changing_one_colour_changes_one_word():
    says = Description(ROBIN, FRAMES[3], ("wing", "head", "body"))
    before, after = says.text.split(), says.with_colour("wing", "purple").text.split()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [("blue", "purple")]
    with pytest.raises(ValueError, match="belly: its colour is not named"):
        says.with_colour("belly", "green")


def test_a_description_names_its_parts_and_nothing_that_is_not_so():
    for seed, species in enumerate(all_species(60)):
        one = describe(species, np.random.default_rng(seed))
        words = one.text.replace(",", "").split()
        assert 2 <= len(one.parts) <= 5
        for part in PARTS:
            assert (species.colour(part) in words) or part not in one.parts
            noun = {"wing": "wings", "body": "bird"}.get(part, part)
            assert (noun in words) == (part in one.parts or part == "body")
        assert "  " not in one.text and "{" not in one.text and not ({"medium", "average"} & set(words))


def test_descriptions_differ_and_use_every_frame():
    several = descriptions(ROBIN, 60, np.random.default_rng(0))
    assert len({one.text for one in several}) == 60 and {one.frame for one in several} == set(FRAMES)
