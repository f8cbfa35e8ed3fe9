from collections import Counter

import numpy as np
import pytest

from hearsight.data.scenes import GROUNDS, INKS, Scene, Scenes, any_scene, draw
from hearsight.data.subjects import SUBJECTS


@pytest.mark.parametrize(
    ("scene", "caption"),
    [
        (Scene("dog"), "a dog"),
        (Scene("rooster", 2, "red"), "two roosters on a red background"),
        (Scene("digit_3", ink="blue"), "a blue digit three"),
        (Scene("crying_baby", 3), "three crying babies"),
        (Scene("rain", ground="orange"), "rain on an orange background"),
        (Scene("violin", frame="a photo of "), "a photo of a violin"),
        (Scene("rooster", 2, "red", bare=True), "two rooster on a red background"),
        (Scene("digit_3", ink="blue", frame="a photo of ", bare=True), "a photo of blue digit three"),
    ],
)
def test_captions(scene, caption):
    assert scene.caption == caption


def test_the_ground_has_the_colour_that_the_caption_says(pictograms):
    for word, colour in GROUNDS.items():
        pixels = np.asarray(draw(Scene("dog", ground=word), pictograms / "pictograms", np.random.default_rng(0), 32))
        assert np.abs(pixels[0, 0].astype(int) - colour).max() <= 11


def test_a_digit_has_the_ink_that_the_caption_says(pictograms):
    for word, colour in INKS.items():
        scene = Scene("digit_1", ground="grey", ink=word)
        pixels = np.asarray(draw(scene, pictograms / "pictograms", np.random.default_rng(0), 64)).astype(int)
        assert (np.abs(pixels - colour).max(-1) <= 12).mean() > 0.2


def test_as_many_are_drawn_as_the_caption_says(pictograms):
    for count in (1, 2, 3):
        scene = Scene("clarinet", count, "white")
        pixels = np.asarray(draw(scene, pictograms / "pictograms", np.random.default_rng(1), 96)).astype(int)
        dark = (pixels.max(-1) < 130).any(0)  # columns with something on them
        assert (np.diff(dark.astype(int)) == 1).sum() + dark[0] == count


def test_a_scene_depends_on_seed_and_number_alone(pictograms):
    scenes, again, other = Scenes(pictograms, size=32), Scenes(pictograms, size=32), Scenes(pictograms, seed=1, size=32)
    assert [scenes.scene(n) for n in range(20)] == [again.scene(n) for n in range(20)]
    assert scenes.picture(7).tobytes() == again.picture(7).tobytes()
    assert [scenes.scene(n) for n in range(20)] != [other.scene(n) for n in range(20)]


def test_random_scenes_cover_classes_numbers_grounds_and_inks_and_lose_nothing():
    random = np.random.default_rng(0)
    scenes = [any_scene(random) for _ in range(3000)]
    assert {scene.label for scene in scenes} == set(SUBJECTS)
    assert {scene.count for scene in scenes} == {1, 2, 3}
    assert {scene.ground for scene in scenes} == {None, *GROUNDS}
    assert {scene.ink for scene in scenes} == {None, *INKS}
    assert 0.4 < Counter(scene.bare for scene in scenes)[True] / len(scenes) < 0.6
    assert 0.4 < Counter(scene.ground is None for scene in scenes)[True] / len(scenes) < 0.6
    assert all(scene.count == 1 for scene in scenes if scene.label in ("rain", "sea_waves", "crackling_fire"))
    assert all(scene.ink != (scene.ground or "white") for scene in scenes)
    assert not any(scene.ink for scene in scenes if not scene.label.startswith("digit_"))
