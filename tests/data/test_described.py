import pickle
from pathlib import Path

import numpy as np
import pytest

from hearsight.data.described import Described, find_picture, pickled_keys, sounds_in
from hearsight.errors import DataError


def pickled(folder, side, names, protocol=2):
    (folder / side).mkdir(parents=True, exist_ok=True)
    (folder / side / "filenames.pickle").write_bytes(pickle.dumps(names, protocol))


def test_a_box_becomes_a_square_as_far_as_the_picture_reaches():
    one = Described("a", Path("a.jpg"), "a", "train", box=(60, 27, 325, 304))
    assert one.crop(500, 335) == (0, 0, 465, 335)  # centre (222, 179), reach 243
    assert Described("a", Path("a.jpg"), "a", "train", box=(40, 50, 20, 10)).crop(500, 335) == (35, 40, 65, 70)
    assert Described("a", Path("a.jpg"), "a", "train").crop(500, 335) == (0, 0, 500, 335)


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_published_lists_are_read(tmp_path, protocol):
    pickled(tmp_path, "train", ["001.Gull/a", "001.Gull/b"], protocol)
    pickled(tmp_path, "test", ["002.Tern/c"], protocol)
    assert pickled_keys(tmp_path) == {"001.Gull/a": "train", "001.Gull/b": "train", "002.Tern/c": "held_out"}
    assert pickled_keys(tmp_path / "none") == {}


def test_lists_of_python_2_are_read(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "filenames.pickle").write_bytes(b"(lp0\nS'001.Gull/a'\np1\na.")
    assert pickled_keys(tmp_path) == {"001.Gull/a": "train"}


@pytest.mark.parametrize("content", [np.arange(3), {"a": 1}, [1, 2], Path("x")])
def test_pickles_of_anything_else_are_refused(tmp_path, content):
    pickled(tmp_path, "train", content)
    with pytest.raises(DataError, match="is not a list of names"):
        pickled_keys(tmp_path)
    (tmp_path / "train" / "filenames.pickle").write_bytes(b"\x80\x02]q")
    with pytest.raises(DataError, match="is not a list of names"):
        pickled_keys(tmp_path)


def test_sounds_and_pictures_are_found(tmp_path):
    for name in ("b.wav", "a.opus", "notes.txt", "c.v2.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in sounds_in(tmp_path)] == ["a.opus", "b.wav"]
    assert sounds_in(tmp_path / "none") == ()
    assert find_picture(tmp_path / "x", tmp_path / "c.v2") == tmp_path / "c.v2.jpg"
    assert find_picture(tmp_path / "x") is None
