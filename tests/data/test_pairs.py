import pytest

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.errors import DataError


def test_a_manifest_reads_back_as_it_was_written_sorted(tmp_path):
    items = [
        Item("sounds/b.wav", "sound", "dog", "held_out", "fold 4", "where, from", "CC0", 'who "they" are'),
        Item("pictures/a.png", "picture", "dog"),
    ]
    pairs.write_manifest(tmp_path, items)
    assert pairs.read(tmp_path) == sorted(items, key=lambda item: item.path)
    assert pairs.read(tmp_path, "sound", "held_out") == items[:1]


def test_folders_named_after_classes_need_no_manifest(tmp_path):
    for name in ("sounds/dog/1.wav", "sounds/held_out/cat/2.flac", "pictures/train/dog/x.PNG", "sounds/dog/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = [(item.kind, item.label, item.split) for item in pairs.read(tmp_path)]
    assert found == [("picture", "dog", "train"), ("sound", "dog", "train"), ("sound", "cat", "held_out")]
    assert pairs.labels(pairs.read(tmp_path)) == ("cat", "dog")
    assert list(pairs.by_label(pairs.read(tmp_path, "sound"))) == ["cat", "dog"]


def test_an_empty_folder_and_a_broken_manifest_are_errors(tmp_path):
    with pytest.raises(DataError, match="held_out sound"):
        pairs.read(tmp_path, "sound", "held_out")
    (tmp_path / "manifest.csv").write_text("path,label\na.wav,dog\n")
    with pytest.raises(DataError, match="column 'kind'"):
        pairs.read(tmp_path)
