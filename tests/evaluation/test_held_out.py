import pytest

from hearsight.errors import DataError
from hearsight.evaluation.held_out import real_pictures, sounds


def touch(folder, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def test_sounds_are_counted_by_class(tmp_path) -> None:
    touch(tmp_path, *(f"sounds/held_out/{name}.wav" for name in ("b/2", "b/1", "a/7")), "sounds/train/a/0.wav")
    found = [(sound.label, sound.stem, sound.number) for sound in sounds(tmp_path)]
    assert found == [("a", "7", 0), ("b", "1", 0), ("b", "2", 1)]
    assert [sound.stem for sound in sounds(tmp_path, per_class=1)] == ["7", "1"]


def test_a_folder_without_classes_is_refused(tmp_path) -> None:
    touch(tmp_path, "sounds/held_out/1.wav")
    with pytest.raises(DataError, match=r"no held_out sound.*sounds/held_out/<class>/"):
        sounds(tmp_path)
    (tmp_path / "manifest.csv").write_text("path,kind,label,split\nsounds/1.wav,sound,,held_out\n")
    with pytest.raises(DataError, match=r"manifest\.csv: line 2 has no label"):
        sounds(tmp_path)


def test_pictures_of_the_same_name_belong_to_the_sounds(tmp_path) -> None:
    touch(tmp_path, "sounds/held_out/a/1.wav", "sounds/held_out/a/2.wav", "sounds/held_out/b/1.wav")
    touch(tmp_path, *(f"pictures/held_out/{name}.png" for name in ("a/0", "a/1", "a/2", "b/1", "c/1")))
    real = real_pictures(tmp_path, sounds(tmp_path))
    assert [path.relative_to(tmp_path / "pictures/held_out").as_posix() for path in real.paths] == [
        "a/0.png",
        "a/1.png",
        "a/2.png",
        "b/1.png",
    ]
    assert real.own.tolist() == [1, 2, 3] and real.paired_by == "name"


def test_else_pictures_are_paired_by_class_in_turn(tmp_path) -> None:
    touch(tmp_path, *(f"sounds/held_out/a/{number}.wav" for number in range(3)))
    touch(tmp_path, "pictures/held_out/a/x.png", "pictures/held_out/a/y.png")
    real = real_pictures(tmp_path, sounds(tmp_path))
    assert real.own.tolist() == [0, 1, 0] and real.paired_by == "class" and real.labels == ["a", "a"]


def test_a_class_without_pictures_is_named(tmp_path) -> None:
    touch(tmp_path, "sounds/held_out/a/1.wav", "sounds/held_out/b/1.wav", "pictures/held_out/a/1.png")
    with pytest.raises(DataError, match="no held-out picture of b"):
        real_pictures(tmp_path, sounds(tmp_path))
