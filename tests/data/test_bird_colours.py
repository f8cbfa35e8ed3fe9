import numpy as np
import pytest

from hearsight.data.bird_colours import COLOURS, colour_word, lab, shade, varied


def test_lab_is_the_one_of_the_standard():
    # Reference values for sRGB under D65.
    np.testing.assert_allclose(lab(np.array([255, 0, 0])), (53.24, 80.09, 67.20), atol=0.05)
    np.testing.assert_allclose(lab(np.array([255, 255, 255])), (100, 0, 0), atol=0.05)


def test_the_words_are_far_apart():
    colours = lab(np.array(list(COLOURS.values())))
    distances = np.linalg.norm(colours[:, None] - colours[None], axis=-1)
    assert distances[~np.eye(len(colours), dtype=bool)].min() > 35


@pytest.mark.parametrize("word", COLOURS)
def test_every_individual_and_every_shade_of_a_feather_keeps_its_word(word):
    for seed in range(50):
        colour = varied(COLOURS[word], np.random.default_rng(seed))
        assert {colour_word(np.array(shade(colour, tone))) for tone in (0.88, 1.0, 1.06)} == {word}


def test_shades_darken_and_lighten():
    assert shade((100, 200, 50), 0.5) == (50, 100, 25)
    assert shade((100, 200, 50), 1.5) == (178, 228, 152)
