from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.data.things import Thing, kind_of, things_in, things_of
from hearsight.errors import DataError, SoundError


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    soundfile.write(tmp_path / "deep" / "a.wav", 0.1 * np.ones(800), 8000)
    Image.new("RGBA", (4, 6), "red").save(tmp_path / "b.png")
    Image.new("RGB", (4, 6)).save(tmp_path / "deep" / ".hidden" / "c.png")
    (tmp_path / "d.txt").write_text("a  dog\n\n  ein Hündchen \n", encoding="utf-8")
    (tmp_path / "e.csv").write_text("nothing of this")
    return tmp_path


def test_what_a_folder_holds(folder):
    found = things_in(folder)
    assert [(thing.kind, thing.name) for thing in found] == [
        ("picture", (folder / "b.png").as_posix()),
        ("text", "a dog"),
        ("text", "ein Hündchen"),
        ("sound", (folder / "deep" / "a.wav").as_posix()),
    ]
    assert {thing.folder for thing in found} == {folder}
    assert [thing.kind for thing in things_in(folder, ("picture", "sound"))] == ["picture", "sound"]


def test_each_is_read_as_what_it_is(folder):
    picture, text, _, sound = (thing.read() for thing in things_in(folder))
    assert (picture.mode, picture.size) == ("RGB", (4, 6))
    assert text == "a dog"
    assert sound.rate == 8000


def test_a_file_that_is_named_outright_may_have_any_name():
    assert [kind_of(Path(name)) for name in ("a.MP4", "b.JPG", "c.txt", "recording")] == [
        "sound", "picture", "text", "sound"
    ]  # fmt: skip


def test_what_is_not_there(folder):
    with pytest.raises(DataError, match=r"gone\.wav: there is no such file"):
        things_of(folder / "gone.wav")
    with pytest.raises(DataError, match="there is no sound in this folder"):
        things_in(folder / "deep" / ".hidden", ("sound",))


def test_what_cannot_be_read(folder):
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    with pytest.raises(DataError, match=r"broken\.png: not a picture that can be read"):
        Thing("picture", folder / "broken.png").read()
    (folder / "latin.txt").write_bytes("Hündchen".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.txt: not a text"):
        things_of(folder / "latin.txt")
    soundfile.write(folder / "silent.wav", np.zeros(800), 8000)
    with pytest.raises(SoundError, match="silence"):
        Thing("sound", folder / "silent.wav").read()
