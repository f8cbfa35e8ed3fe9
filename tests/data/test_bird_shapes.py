import numpy as np
import pytest
from PIL import Image, ImageDraw

from hearsight.data.bird_shapes import SMOOTHNESS, Posture, anatomy, smooth
from hearsight.data.bird_species import Species

FINCH = Species(1, "red", "blue", "black", "white", "blue", "yellow")


def filled(outline):
    """The inside of an outline, 100 pixels to the unit."""
    picture = Image.new("1", (600, 600))
    ImageDraw.Draw(picture).polygon((outline * 100 + 300).ravel().tolist(), 1)
    return np.asarray(picture)


def test_a_smooth_line_goes_through_its_points_and_has_no_corners():
    corners = np.array([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
    line = smooth(corners)
    np.testing.assert_allclose(line[::SMOOTHNESS], corners)
    steps = np.diff(line, axis=0, append=line[:1])
    angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
    assert np.abs(np.diff(angles)).max() < np.pi / 4


@pytest.mark.parametrize("build", ["plump", "average", "slender"])
@pytest.mark.parametrize("tilt", [0.1, 0.4, 0.75])
def test_the_silhouette_is_one_piece_without_holes(build, tilt):
    scipy = pytest.importorskip("scipy.ndimage")
    species = Species(1, "red", "blue", "black", "white", "blue", "yellow", build=build)
    for nod, stretch in ((-0.22, -0.08), (0.22, 0.14)):
        inside = filled(anatomy(species, Posture(tilt=tilt, nod=nod, stretch=stretch)).silhouette)
        assert scipy.label(inside)[1] == 1
        assert (scipy.binary_fill_holes(inside) == inside).mean() > 0.9995


def test_a_bird_stands_on_its_feet_and_looks_to_the_right():
    shapes = anatomy(FINCH, Posture(tilt=0.2))
    left, top, right, bottom = shapes.bounds
    assert max(leg[1, 1] for leg in shapes.legs) == bottom
    assert shapes.beak[0][:, 0].max() == right and min(feather[:, 0].min() for feather in shapes.tail) == left
    assert top < shapes.eye[1] < 0


def test_size_of_parts_follows_the_species():
    def spread(**shapes):
        return anatomy(Species(1, "red", "blue", "black", "white", "blue", "yellow", **shapes), Posture())

    assert np.ptp(spread(beak_shape="long").beak[0][:, 0]) > 1.5 * np.ptp(spread().beak[0][:, 0])
    assert spread(tail_shape="long").bounds[0] < spread().bounds[0] - 0.4
    assert np.ptp(spread(build="plump").silhouette[:, 1]) > np.ptp(spread(build="slender").silhouette[:, 1])
    assert spread(crest=True).crest and not spread().crest
