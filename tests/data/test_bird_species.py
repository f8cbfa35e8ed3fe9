from collections import Counter

from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_species import BEAK_COLOURS, PARTS, Species, all_species


def test_two_hundred_species_of_different_colours():
    species = all_species()
    assert [one.number for one in species] == list(range(1, 201))
    assert len({one.label for one in species}) == len({tuple(map(one.colour, PARTS)) for one in species}) == 200
    assert species == all_species() and species[:10] == all_species(10) and species != all_species(seed=1)


def test_every_part_comes_in_every_colour_and_parts_that_touch_differ():
    species = all_species()
    for part in PARTS:
        seen = Counter(one.colour(part) for one in species)
        assert set(seen) == set(BEAK_COLOURS if part == "beak" else COLOURS) and min(seen.values()) >= 8
    for one in species:
        assert len({one.body, one.wing, one.belly}) == 3 and one.head != one.beak


def test_a_species_is_called_like_one_of_cub():
    one = Species(7, "red", "blue", "black", "white", "blue", "yellow")
    assert one.label == "007.Red_headed_Blue_Finch"
    assert one.with_colour("belly", "green") == Species(7, "red", "blue", "black", "green", "blue", "yellow")
