import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearsight.picture import Picture


@pytest.fixture
def drawn(hearsight, sounds, system) -> Path:
    arguments = ("--steps", 3, "--guidance", 2, "--seed", 7, "--out", "out/picture.png")
    assert hearsight("generate", "sounds/b.ogg", "--system", system, *arguments)[0] == 0
    return Path("out/picture.png")


def test_the_same_bytes_again(hearsight, drawn):
    code, out, err = hearsight("rerun", drawn)
    assert (code, err) == (0, "")
    assert "the same bytes" in out
    assert Path("out/picture_again.png").read_bytes() == drawn.read_bytes()


def test_from_another_folder_the_sound_is_found_beside_the_picture(hearsight, drawn, monkeypatch, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert hearsight("rerun", "../out/picture.png", "--out", "again.png")[0] == 0
    assert Path("again.png").read_bytes() == Path("../out/picture.png").read_bytes()


def test_sound_and_system_may_have_moved(hearsight, drawn, system):
    shutil.move("sounds/b.ogg", "moved.ogg")
    shutil.copytree(system, "moved_system")
    code, _, err = hearsight("rerun", drawn)
    assert (code, err.count("\n")) == (2, 1)
    assert "--sound" in err
    assert hearsight("rerun", drawn, "--sound", "moved.ogg", "--system", "moved_system")[0] == 0


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")
def test_what_was_said_is_heard_again_or_said_again(hearsight, sounds, system):
    assert hearsight("generate", "--say", "a red bird", "--system", system, "--steps", 2, "--out", "bird.png")[0] == 0
    assert hearsight("rerun", "bird.png")[0] == 0
    Path("bird.opus").unlink()
    assert hearsight("rerun", "bird.png")[0] == 0 and not Path("bird.opus").exists()
    shutil.copy("sounds/b.ogg", "bird.opus")  # something else by that name
    code, out, err = hearsight("rerun", "bird.png", "--out", "again.png")
    assert (code, err) == (0, "") and "the same bytes" in out
    assert Path("again.png").read_bytes() == Path("bird.png").read_bytes()


def test_another_sound_is_told(hearsight, drawn):
    soundfile.write("other.wav", np.sin(np.arange(4000)), 8000)
    code, out, err = hearsight("rerun", drawn, "--sound", "other.wav")
    assert code == 1
    assert "not the same bytes" in out
    assert "sound.sha256: was" in err


def test_an_older_version_is_told(hearsight, drawn):
    picture = Picture.load(drawn)
    Picture(picture.image, json.loads(json.dumps(picture.recipe).replace('"hearsight": "', '"hearsight": "0.'))).save(
        drawn
    )
    code, _, err = hearsight("rerun", drawn)
    assert code == 1
    assert "versions.hearsight: was" in err


def test_a_picture_of_an_unsaved_system_cannot_be_drawn_again(hearsight, drawn):
    picture = Picture.load(drawn)
    Picture(picture.image, {**picture.recipe, "source": None}).save("unsaved.png")
    code, _, err = hearsight("rerun", "unsaved.png")
    assert (code, err.count("\n")) == (2, 1)
