from pathlib import Path, PurePath

import pytest
from PIL import Image

from hearsight.errors import DataError
from hearsight.evaluation.human.sources import Labels, Names, find
from hearsight.picture import Picture


def test_pictures_of_others_are_told_by_their_place(material):
    found = {one.picture.relative_to(material / "ours").as_posix(): one for one in find(
        [(None, material / "ours")], sounds=material / "sounds")}  # fmt: skip
    dog = found["dog/1.png"]
    assert (dog.method, dog.name, dog.label, dog.sound) == ("ours", "1", "dog", material / "sounds/dog/1.wav")
    assert found["rain/1.png"].sound == material / "sounds/rain/1.wav"


def test_a_recipe_tells_sound_and_system(material, monkeypatch):
    monkeypatch.chdir(material)
    recipe = {"system": "audiotoken", "sound": {"path": "sounds/piano/3.wav", "sha256": "0"}, "seed": 4}
    Picture(Image.new("RGB", (4, 4)), recipe).save(material / "drawn" / "anything_4.png")
    (one,) = find([(None, Path("drawn"))], labels=Labels(from_names=True))
    assert (one.method, one.name, one.label, one.sound) == ("audiotoken", "3", "3", Path("sounds/piano/3.wav"))
    (named,) = find([("mine", Path("drawn"))])
    assert (named.method, named.label) == ("mine", "")
    (theirs,) = [two for two in find([(None, Path("theirs"))], sounds=Path("sounds")) if two.label == "piano"]
    assert one.identity == theirs.identity  # the same sound, found in different ways


def test_several_pictures_of_a_sound(material):
    (material / "ours/dog/1.png").rename(material / "ours/dog/1_0.png")
    Image.new("RGB", (8, 8)).save(material / "ours/dog/1_7.png")
    found = [one for one in find([(None, material / "ours")], sounds=material / "sounds") if one.label == "dog"]
    assert [one.sound.name for one in found] == ["1.wav", "1.wav", "2.wav"]
    assert len({one.identity for one in found}) == 2


def test_a_table_of_labels(material):
    table = material / "labels.csv"
    table.write_text("path,label\nsounds/dog/1.wav,big_dog\nsounds/dog/2.wav,small dog\nsounds/rain/1.wav,rain\n")
    found = find([(None, material / "ours")], sounds=material / "sounds", labels=Labels(table))
    assert [one.label for one in found] == ["big dog", "small dog", "", "rain"]
    table.write_text("file,label\n")
    with pytest.raises(DataError, match="'path'"):
        find([(None, material / "ours")], labels=Labels(table))


def test_mistakes(material):
    with pytest.raises(DataError, match=r"nowhere: is no folder"):
        find([(None, material / "nowhere")])
    (material / "empty").mkdir()
    with pytest.raises(DataError, match="holds no picture"):
        find([(None, material / "empty")])
    with pytest.raises(DataError, match="holds no sound"):
        find([(None, material / "ours")], sounds=material / "empty")
    (material / "ours/dog/1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"dog/1\.png"):
        find([(None, material / "ours")])


def test_names_are_found_by_their_ends():
    names = Names([PurePath("a/dog/1.wav"), PurePath("a/rain/1.wav"), PurePath("b/2.wav")])
    assert names.find(PurePath("rain/1.png")) == PurePath("a/rain/1.wav")
    assert names.find(PurePath("x/y/2.png")) == PurePath("b/2.wav")
    assert names.find(PurePath("3.png")) is None
    with pytest.raises(DataError, match=r"may be a/dog/1\.wav or a/rain/1\.wav"):
        names.find(PurePath("1.png"))
