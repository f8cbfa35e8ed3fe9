import json
import os

import numpy as np
import pytest

from hearsight.files import save_array, save_json, stamp, write_atomically


def test_a_file_appears_whole_and_alone(tmp_path):
    with write_atomically(tmp_path / "new" / "a.txt") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "new" / "a.txt").exists()
    assert [(path.name, path.read_text()) for path in (tmp_path / "new").iterdir()] == [("a.txt", "whole")]


def test_an_interruption_leaves_what_was_there(tmp_path):
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(KeyboardInterrupt), write_atomically(tmp_path / "a.txt") as partial:
        partial.write_text("ha")
        raise KeyboardInterrupt
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.txt", "before")]


def test_an_array_is_written_whole_and_alone(tmp_path):
    array = np.arange(6, dtype=np.float16).reshape(2, 3).T
    save_array(tmp_path / "new" / "a.npy", array)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.npy"]
    again = np.load(tmp_path / "new" / "a.npy")
    assert again.dtype == np.float16
    np.testing.assert_array_equal(again, array)


def test_a_stamp_changes_with_every_change_of_its_files(tmp_path):
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    stamps = [stamp(tmp_path, ["a", "b"])]
    assert stamp(tmp_path, ["a", "b"]) == stamps[0]
    os.utime(tmp_path / "a", ns=(0, 1))  # as if written anew, with as many letters
    stamps.append(stamp(tmp_path, ["a", "b"]))
    (tmp_path / "a").write_text("three")
    stamps.append(stamp(tmp_path, ["a", "b"]))
    stamps.append(stamp(tmp_path, ["a"]))
    stamps.append(stamp(tmp_path, ["b", "a"]))
    (tmp_path / "b").rename(tmp_path / "c")
    stamps += [stamp(tmp_path, ["a", "b"]), stamp(tmp_path, ["a", "c"])]
    assert len(set(stamps)) == 7


def test_a_stamp_goes_with_its_folder(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a").write_text("one")
    before = stamp(tmp_path / "here", ["a"])
    (tmp_path / "here").rename(tmp_path / "there")
    assert stamp(tmp_path / "there", ["a"]) == before


def test_json_is_written_whole_and_can_be_read(tmp_path):
    save_json(tmp_path / "new" / "one.json", {"a": [1, 2.5]})
    assert (tmp_path / "new" / "one.json").read_text() == '{\n  "a": [\n    1,\n    2.5\n  ]\n}\n'
    with pytest.raises(TypeError):
        save_json(tmp_path / "new" / "one.json", {"a": object()})
    assert json.loads((tmp_path / "new" / "one.json").read_text()) == {"a": [1, 2.5]}
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["one.json"]
