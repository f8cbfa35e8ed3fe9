from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hearsight.data.compose import picture
from hearsight.data.subjects import BRASS, DIGIT, INK, RAINBOW, SUBJECTS, Subject
from hearsight.errors import DataError

RED = (220, 20, 20, 255)


def draw(folder: Path, subject: Subject, seed: int = 0, size: int = 32) -> np.ndarray:
    return np.asarray(picture(subject, folder, np.random.default_rng(seed), size)).astype(int)


def left_to_right(pixels: np.ndarray) -> float:
    """How far blue lies to the right of red, in pixels."""
    columns = np.arange(pixels.shape[1])
    red, blue = (np.clip(pixels[..., one] - pixels[..., other] - 120, 0, None) for one, other in ((0, 2), (2, 0)))
    return float((blue * columns).sum() / blue.sum() - (red * columns).sum() / red.sum())


def test_silhouettes_are_tinted(pictogram, tmp_path):
    pictogram(tmp_path / "black.png", (0, 0, 0, 255), (0, 0, 0, 255))
    for seed in range(8):
        middle = draw(tmp_path, Subject(("black",), BRASS), seed)[16, 16]
        assert min(np.abs(middle - colour).max() for colour in BRASS) <= 12


def test_a_silhouette_may_be_a_rainbow(pictogram, tmp_path):
    pictogram(tmp_path / "black.png", (0, 0, 0, 255), (0, 0, 0, 255))
    row = draw(tmp_path, Subject(("black",), RAINBOW, mirrored=False), size=64)[32]
    assert row[16].argmax() == 0 and row[48].argmax() == 2  # red on the left, blue on the right
    assert row[30].argmax() == 1


def test_colours_of_their_own_are_kept(pictogram, tmp_path):
    pictogram(tmp_path / "red.png", RED, RED)
    assert np.abs(draw(tmp_path, Subject(("red",), BRASS))[16, 16] - RED[:3]).max() <= 2


def test_digits_are_never_mirrored_and_others_are(pictogram, tmp_path):
    pictogram(tmp_path / "noto_1.png")
    digit = Subject(("noto_*",), mirrored=DIGIT.mirrored)
    assert all(left_to_right(draw(tmp_path, digit, seed)) > 0 for seed in range(24))
    ways = {left_to_right(draw(tmp_path, Subject(("noto_*",)), seed)) > 0 for seed in range(24)}
    assert ways == {True, False}
    assert not any(subject.mirrored for label, subject in SUBJECTS.items() if label.startswith("digit_"))


def test_of_a_keycap_only_the_lettering_is_drawn_in_ink(tmp_path):
    key = Image.new("RGBA", (24, 24), (0, 166, 237, 255))
    key.paste((255, 255, 255, 255), (9, 4, 15, 20))
    key.save(tmp_path / "key.png")
    pixels = draw(tmp_path, Subject(("key",), INK, mirrored=False, lettering=True), size=64)
    ink = min(INK, key=lambda colour: np.abs(pixels[32, 32] - colour).max())
    drawn = np.abs(pixels - ink).max(-1) <= 12
    assert drawn[32, 32] and drawn.any(1).sum() >= 0.7 * 64  # the digit, not the key, fills the picture
    assert pixels[~drawn].min(-1).mean() > 120  # the blue of the key is gone; the ground is pale


def test_a_missing_pictogram_is_named(tmp_path):
    with pytest.raises(DataError, match=r"dog: no pictogram matches \*_1F436\.png.*--pairs"):
        draw(tmp_path / "dog", Subject(("*_1F436",)))
