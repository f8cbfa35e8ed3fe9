import numpy as np
import pytest
from PIL import Image

from hearsight.data.frames import choose_frame, frame_times, movement, shrink

GREYS = [Image.new("RGB", (40, 30), (level,) * 3) for level in (10, 200, 90, 200)]


def _brightness(pictures, label):
    return np.array([np.asarray(picture).mean() * (1 if label == "day" else -1) for picture in pictures])


def test_times_are_spread_evenly_and_inside():
    assert frame_times(3.0, 5.0, 2.0) == pytest.approx([3.25 + 0.5 * number for number in range(10)])
    assert frame_times(0.0, 1.0, 0.1) == [0.5]


def test_the_best_frame_is_the_first_of_the_highest_scores():
    assert choose_frame(GREYS, "day", _brightness) == (1, 200.0)
    assert choose_frame(GREYS, "night", _brightness) == (0, -10.0)
    assert choose_frame(GREYS, "day") == (2, None)


def test_movement_sees_a_small_thing_move_and_ignores_noise():
    random = np.random.default_rng(0)
    scene = random.integers(40, 200, (240, 320, 3)).astype(np.int16)
    noisy = [
        Image.fromarray((scene + random.integers(-6, 7, scene.shape)).clip(0, 255).astype(np.uint8)) for _ in "abc"
    ]
    assert movement(noisy) < 4
    moved = noisy[0].copy()
    moved.paste((255, 255, 255), (100, 100, 115, 112))
    assert movement([noisy[1], moved]) > 20
    assert movement([noisy[0]]) == 0


def test_shrinking_keeps_proportions_and_never_grows():
    wide = Image.new("RGB", (400, 200))
    assert shrink(wide, 100).size == (200, 100)
    assert shrink(wide, 300) is wide
