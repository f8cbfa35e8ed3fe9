import numpy as np
import pytest
from PIL import Image

from hearsight.data.picture_crop import random_square


def test_a_square_of_a_resized_picture_perhaps_mirrored() -> None:
    wide = Image.new("RGB", (100, 50), (10, 20, 200))
    wide.paste((250, 20, 20), (0, 0, 50, 50))  # its left half is red
    seen = [random_square(wide, 32, np.random.default_rng(seed)).numpy() for seed in range(40)]
    assert {one.shape for one in seen} == {(3, 32, 32)} and {one.dtype for one in seen} == {np.dtype(np.uint8)}
    again = random_square(wide, 32, np.random.default_rng(7)).numpy()
    assert np.array_equal(again, seen[7])
    red = np.array([one[0] > one[2] for one in seen])  # [seed, row, column]
    assert red[:, :, 0].any() and (~red[:, :, 0]).any()  # places differ, or sides do
    both = [one for one in red if one[0, 0] != one[0, -1]]
    assert any(one[0, 0] for one in both) and any(one[0, -1] for one in both)  # mirrored and not


@pytest.mark.parametrize("size", [(76, 38), (38, 76), (400, 38), (38, 38)])
def test_the_short_side_is_as_long_as_published(size: tuple[int, int]) -> None:
    """304 pixels for a square of 256: a picture with a short side of 38 is cut at 32 as it is."""
    values = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    square = random_square(Image.fromarray(values), 32, np.random.default_rng(1)).numpy().transpose(1, 2, 0)
    windows = np.lib.stride_tricks.sliding_window_view(values, (32, 32, 3))[:, :, 0]
    found = [(windows == one).all(axis=(2, 3, 4)) for one in (square, square[:, ::-1])]
    assert np.logical_or(*found).sum() == 1


def test_other_modes_become_colours() -> None:
    grey = random_square(Image.new("L", (38, 38), 77), 32, np.random.default_rng(0))
    assert (grey == 77).all()
