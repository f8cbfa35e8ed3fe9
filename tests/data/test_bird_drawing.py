from dataclasses import replace

import numpy as np
import pytest

from hearsight.data.bird_colours import COLOURS, colour_word
from hearsight.data.bird_drawing import any_bird, colour_of, draw, part_masks, with_colour
from hearsight.data.bird_species import PARTS, Species, all_species

SPECIES = all_species()


@pytest.fixture(scope="module")
def birds():
    """One bird of every third species."""
    return [any_bird(species, np.random.default_rng(species.number)) for species in SPECIES[::3]]


@pytest.mark.parametrize("size", [64, 128])
def test_every_part_of_every_bird_has_the_colour_of_its_word(birds, size):
    for bird in birds:
        picture, masks = draw(bird, size), part_masks(bird, size)
        found = {part: colour_word(colour_of(picture, masks[part])) for part in PARTS}
        assert found == {part: bird.species.colour(part) for part in PARTS}, bird
        assert sum(mask.astype(int) for mask in masks.values()).max() == 1


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_word_changes_that_part_alone(birds, part):
    bird = birds[0]
    word = "orange" if bird.species.colour(part) != "orange" else "red"
    before, after = (np.asarray(draw(one, 96)).astype(int) for one in (bird, with_colour(bird, part, word)))
    masks, changed = part_masks(bird, 96), np.abs(after - before).max(axis=-1) > 10
    assert changed[masks[part]].mean() > 0.95
    assert not any(changed[mask].any() for other, mask in masks.items() if other != part)
    assert colour_word(colour_of(draw(with_colour(bird, part, word), 96), masks[part])) == word


def test_whole_birds_are_in_the_picture(birds):
    for bird in birds:
        masks = part_masks(bird, 64)
        for mask in masks.values():
            assert mask.any() and not mask[[0, -1]].any() and not mask[:, [0, -1]].any()


def test_large_birds_are_larger_than_small_ones():
    def pixels(size):
        species = replace(SPECIES[0], size=size, tail_shape="short", beak_shape="short")
        drawn = [any_bird(species, np.random.default_rng(seed)) for seed in range(8)]
        return [sum(mask.sum() for mask in part_masks(bird, 64).values()) for bird in drawn]

    assert max(pixels("small")) < min(pixels("large"))


def test_birds_of_a_species_differ_and_are_deterministic():
    first, second = (any_bird(SPECIES[3], np.random.default_rng(seed)) for seed in (1, 2))
    assert draw(first).tobytes() == draw(first).tobytes() != draw(second).tobytes()
    assert draw(first).size == (64, 64) and draw(first, 37).size == (37, 37) and draw(first).mode == "RGB"
    mirrored = replace(first, mirrored=not first.mirrored)
    np.testing.assert_array_equal(np.asarray(draw(mirrored)), np.asarray(draw(first))[:, ::-1])
    np.testing.assert_array_equal(part_masks(mirrored)["beak"], part_masks(first)["beak"][:, ::-1])


@pytest.mark.parametrize("word", COLOURS)
def test_a_bird_of_one_colour_still_shows(word):
    """Hardest of all: everything but the beak in one colour, which must stand out from every sky."""
    species = Species(1, word, word, word, word, word, "black" if word != "black" else "red")
    bird = any_bird(species, np.random.default_rng(0))
    picture, masks = np.asarray(draw(bird)).astype(int), part_masks(bird)
    inside = np.any(list(masks.values()), axis=0)
    outside = picture[:6].reshape(-1, 3).mean(axis=0)
    assert np.abs(picture[inside] - outside).max(axis=-1).mean() > 25
