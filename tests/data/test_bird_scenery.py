import numpy as np
import pytest

from hearsight.data.bird_canvas import Canvas
from hearsight.data.bird_colours import COLOURS, lab
from hearsight.data.bird_scenery import DISTANCES, PERCHES, SKIES, Scenery, any_scenery, draw_distance, draw_perch, sky


def test_skies_are_unlike_any_bird():
    for colour in (colour for pair in SKIES for colour in pair):
        assert min(np.linalg.norm(lab(np.array(colour)) - lab(np.array(other))) for other in COLOURS.values()) > 12


@pytest.mark.parametrize("perch", PERCHES)
def test_every_perch_holds_the_feet(perch):
    scenery = Scenery(0, "nothing", perch, seed=3)
    canvas = Canvas(sky(scenery), 64)
    bare = np.asarray(canvas.picture).astype(int)
    draw_perch(canvas, scenery, 0.4, 0.7, 0.06)
    changed = np.abs(np.asarray(canvas.picture).astype(int) - bare).max(axis=-1) > 20
    assert changed[44:48, 24:27].any() and not changed[:32, 24:27].any()


@pytest.mark.parametrize("distance", DISTANCES)
def test_the_same_place_looks_the_same_again(distance):
    def drawn(seed):
        scenery = Scenery(2, distance, "branch", seed)
        canvas = Canvas(sky(scenery), 32)
        draw_distance(canvas, scenery)
        return np.asarray(canvas.picture)

    np.testing.assert_array_equal(drawn(1), drawn(1))
    assert (drawn(1) == drawn(2)).all() == (distance == "nothing")


def test_all_places_are_found():
    places = [any_scenery(np.random.default_rng(seed)) for seed in range(200)]
    assert {place.perch for place in places} == set(PERCHES) and {place.distance for place in places} == set(DISTANCES)
    assert {place.sky for place in places} == set(range(len(SKIES)))
