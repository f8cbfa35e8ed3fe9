import threading

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from hearsight.errors import DataError
from hearsight.picture import Picture

RECIPE = {"system": "toy", "seed": 3, "sound": {"path": "räuber/狗.ogg"}, "settings": {"steps": 20, "size": None}}


def _image(seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8))


def test_a_saved_picture_comes_back_with_its_recipe(tmp_path):
    path = Picture(_image(), RECIPE).save(tmp_path / "new" / "a.png")
    loaded = Picture.load(path)
    assert loaded.recipe == RECIPE
    assert np.array_equal(loaded.image, _image())


def test_the_same_picture_gives_the_same_bytes_whatever_the_order_of_its_recipe(tmp_path):
    one = Picture(_image(), RECIPE).save(tmp_path / "a.png")
    two = Picture(_image(), dict(reversed(RECIPE.items()))).save(tmp_path / "b.png")
    assert one.read_bytes() == two.read_bytes()


def test_saving_leaves_nothing_else_behind(tmp_path):
    Picture(_image(), RECIPE).save(tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_reader_never_sees_half_a_picture(tmp_path):
    path = Picture(_image(), RECIPE).save(tmp_path / "a.png")
    done = threading.Event()

    def write_again_and_again() -> None:
        for seed in range(60):
            Picture(_image(seed), RECIPE).save(path)
        done.set()

    writer = threading.Thread(target=write_again_and_again)
    writer.start()
    while not done.is_set():
        assert Picture.load(path).recipe == RECIPE
    writer.join()


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.jpg.*PNG"):
        Picture(_image()).save(tmp_path / "a.jpg")


def test_a_png_without_a_recipe_says_so(tmp_path):
    _image().save(tmp_path / "plain.png")
    with pytest.raises(DataError, match=r"plain\.png: carries no recipe"):
        Picture.load(tmp_path / "plain.png")


@pytest.mark.parametrize("text", ["{", "[1]"])
def test_a_damaged_recipe_says_so(tmp_path, text):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("hearsight", text)
    _image().save(tmp_path / "a.png", pnginfo=chunks)
    with pytest.raises(DataError, match="damaged"):
        Picture.load(tmp_path / "a.png")


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.png") as caught:
        Picture.load(tmp_path / "a.png")
    assert "\n" not in str(caught.value)


def test_a_picture_cut_short_is_refused(tmp_path):
    path = Picture(_image(), RECIPE).save(tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError):
        Picture.load(path)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.png"):
        Picture.load(tmp_path / "nowhere.png")
