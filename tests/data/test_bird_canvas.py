import numpy as np
import pytest
from PIL import Image

from hearsight.data.bird_canvas import Canvas

WHITE = Image.new("RGB", (2, 2), "white")
HALF = np.array([(0.0, 0.0), (0.53, 0.0), (0.53, 1.0), (0.0, 1.0)])  # ends within the ninth of sixteen pixels


def test_edges_are_smooth():
    canvas = Canvas(WHITE, 16)
    canvas.fill(HALF, (0, 0, 0), part=1)
    row = np.asarray(canvas.picture)[5, :, 0]
    assert (row[:8] == 0).all() and 0 < row[8] < 255 and (row[9:] == 255).all()


def test_parts_are_where_nothing_else_is():
    canvas = Canvas(WHITE, 16, mapped=True)
    canvas.fill(HALF, (0, 0, 0), part=3)
    canvas.tint(HALF, (0, 255, 0), opacity=90)
    assert (canvas.part_numbers[:, :8] == 3).all() and not canvas.part_numbers[:, 8:].any()
    canvas.disc(np.array([0.25, 0.5]), 0.1, (0, 0, 0))
    assert canvas.part_numbers[8, 4] == 0 and canvas.part_numbers[8, 0] == 3


def test_masks_cut_each_other_out():
    canvas = Canvas(WHITE, 16, mapped=True)
    window = canvas.window(HALF)
    canvas.spray(canvas.stencil(HALF, window), window, (255, 0, 0), part=2)
    assert (canvas.part_numbers[:, :8] == 2).all() and not canvas.part_numbers[:, 9:].any()
    assert canvas.picture.getpixel((2, 2)) == (255, 0, 0)


def test_a_canvas_without_a_map_says_so():
    with pytest.raises(ValueError, match="mapped=True"):
        _ = Canvas(WHITE, 16).part_numbers
