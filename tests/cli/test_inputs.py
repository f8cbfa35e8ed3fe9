from pathlib import Path

import pytest

from hearsight.cli.inputs import find_sounds, picture_paths, unique_names
from hearsight.errors import ConfigError, DataError


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ("b.wav", "a.OGG", "sub/deep/c.mp3", "notes.txt", ".hidden/d.wav", "sub/.e.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _names(paths):
    return [path.as_posix() for path in paths]


def test_folders_are_searched_to_any_depth(tree):
    assert _names(find_sounds(["."])) == ["a.OGG", "b.wav", "sub/deep/c.mp3"]


def test_files_are_taken_whatever_they_are_called(tree):
    assert _names(find_sounds(["notes.txt", "missing.wav"])) == ["notes.txt", "missing.wav"]


def test_globs_are_understood_where_the_shell_left_them(tree):
    assert _names(find_sounds(["**/*.mp3", "s*"])) == ["sub/deep/c.mp3"]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tree):
    (tree / "take[1].wav").touch()
    assert _names(find_sounds(["take[1].wav"])) == ["take[1].wav"]


def test_each_sound_counts_once_in_the_order_given(tree):
    assert _names(find_sounds(["b.wav", ".", "./b.wav"])) == ["b.wav", "a.OGG", "sub/deep/c.mp3"]


@pytest.mark.parametrize("argument", ["*.flac", ".hidden/none", "empty"])
def test_what_names_no_sound_is_refused(tree, argument):
    (tree / "empty").mkdir()
    if argument == ".hidden/none":
        (tree / argument).mkdir()
    with pytest.raises(DataError, match="no"):
        find_sounds([argument])


def _one_each(sounds, seeds=(0,), out="out"):
    return [file.name for files in picture_paths([Path(sound) for sound in sounds], Path(out), seeds) for file in files]


def test_pictures_are_called_like_their_sounds():
    assert _one_each(["a/dog.wav", "rain.v2.ogg"]) == ["dog.png", "rain.v2.png"]


def test_several_seeds_are_in_the_name():
    assert _one_each(["dog.wav"], seeds=(4, 5)) == ["dog_4.png", "dog_5.png"]


@pytest.mark.parametrize(
    ("sounds", "names"),
    [
        (["a/dog.wav", "b/dog.wav"], ["a_dog_wav", "b_dog_wav"]),
        (["dog.wav", "dog.ogg"], ["dog_wav", "dog_ogg"]),
        (["x/a/dog.wav", "y/a/dog.wav", "cat.wav"], ["x_a_dog_wav", "y_a_dog_wav", "cat"]),
    ],
)
def test_sounds_of_one_stem_never_share_a_picture(sounds, names):
    assert unique_names([Path(sound) for sound in sounds]) == names


@pytest.mark.parametrize(
    "sounds",
    [["Dog.wav", "dog.wav"], ["a/dog.wav", "b/dog.wav", "a_dog_wav.ogg"], ["../dog.wav", "/dog.wav", "dog.wav"]],
)
def test_names_differ_even_where_every_word_is_the_same(sounds):
    names = [name.casefold() for name in unique_names([Path(sound) for sound in sounds])]
    assert len(set(names)) == len(sounds)


def test_names_do_not_depend_on_the_order():
    paths = [Path("a/dog.wav"), Path("b/dog.wav"), Path("Cat.wav"), Path("cat.wav")]
    forward = dict(zip(paths, unique_names(paths), strict=True))
    backward = dict(zip(paths[::-1], unique_names(paths[::-1]), strict=True))
    assert forward == backward
    assert len(set(forward.values())) == 4


def test_one_picture_may_have_a_name_of_its_own():
    assert _one_each(["dog.wav"], out="here/my.PNG") == ["my.PNG"]


@pytest.mark.parametrize(("sounds", "seeds"), [(["a.wav", "b.wav"], (0,)), (["a.wav"], (0, 1))])
def test_one_file_never_holds_two_pictures(sounds, seeds):
    with pytest.raises(ConfigError, match="2 pictures"):
        _one_each(sounds, seeds, out="my.png")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(ConfigError, match="is a file"):
        _one_each(["a.wav"], out=tmp_path / "out")
