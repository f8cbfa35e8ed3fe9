import json
import signal
import time
from pathlib import Path

import pytest
from PIL import Image

from hearsight.picture import Picture


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_picture_per_sound_and_quiet_without_a_terminal(hearsight, sounds, system):
    code, out, err = hearsight("generate", sounds / "a.wav", "sounds/b.ogg", "--system", system)
    assert (code, out, err) == (0, "", "")
    assert _names(Path("pictures")) == ["a.png", "b.png"]
    assert Picture.load("pictures/b.png").recipe["sound"]["path"] == "sounds/b.ogg"


def test_bad_sounds_are_told_at_the_end_and_the_others_drawn(hearsight, sounds, system):
    (sounds / "broken.mp3").write_bytes(b"not a sound at all")
    code, out, err = hearsight("generate", "sounds", "missing.wav", "--system", system, "--out", "out")
    assert (code, out) == (2, "")
    assert _names(Path("out")) == ["a.png", "b.png", "c.png"]
    lines = err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("hearsight: ") for line in lines)
    assert [name for name in ("broken.mp3", "silent.wav", "missing.wav") if name in err] and "3 of 6 sounds" in lines[3]


def test_seeds_are_counted_up_and_do_not_depend_on_company(hearsight, sounds, system):
    hearsight("generate", "sounds/a.wav", "sounds/b.ogg", "--system", system, "--seed", 3, "--count", 2)
    hearsight("generate", "sounds/b.ogg", "--system", system, "--seed", 4, "--out", "alone.png")
    assert _names(Path("pictures")) == ["a_3.png", "a_4.png", "b_3.png", "b_4.png"]
    assert Path("alone.png").read_bytes() == Path("pictures/b_4.png").read_bytes()


def test_json_is_one_object_per_picture(hearsight, sounds, system):
    _, out, _ = hearsight("generate", "sounds/a.wav", "--system", system, "--count", 2, "--json")
    objects = [json.loads(line) for line in out.splitlines()]
    assert [(one["file"], one["sound"], one["seed"]) for one in objects] == [
        ("pictures/a_0.png", "sounds/a.wav", 0),
        ("pictures/a_1.png", "sounds/a.wav", 1),
    ]
    assert all(one["seconds"] > 0 for one in objects)
    labels = [label for label, _ in objects[0]["classes"]]
    assert sorted(labels) == ["dog", "rain"]
    assert sum(share for _, share in objects[0]["classes"]) == pytest.approx(1, abs=0.002)


def test_settings_reach_the_picture(hearsight, sounds, system):
    hearsight("generate", "sounds/a.wav", "--system", system, "--steps", 3, "--guidance", 1.5, "--scheduler", "ddim")
    settings = Picture.load("pictures/a.png").recipe["settings"]
    assert (settings["steps"], settings["guidance"], settings["scheduler"]) == (3, 1.5, "ddim")


def test_a_sheet_shows_them_all(hearsight, sounds, system):
    code, _, _ = hearsight(
        "generate", "sounds/a.wav", "sounds/c.flac", "--system", system, "--sheet", "sheets/all.png", "--count", 2
    )
    assert code == 0
    with Image.open("sheets/all.png") as sheet:
        assert sheet.width > 2 * 192
        assert sheet.height > 2 * 192


def test_a_place_that_cannot_be_written_is_one_line(hearsight, sounds, system):
    Path("file").touch()
    code, _, err = hearsight("generate", "sounds/a.wav", "--system", system, "--out", "file/deeper")
    assert code == 2
    assert "file/deeper" in err
    assert err.count("\n") == 1


@pytest.mark.timeout(240)
def test_ctrl_c_leaves_finished_pictures_whole(start, sounds, system):
    process = start("generate", "sounds/a.wav", "--system", system, "--count", 100000, cwd=sounds.parent)
    pictures = sounds.parent / "pictures"
    until = time.monotonic() + 150
    while len(list(pictures.glob("a_*.png"))) < 3 and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    written = _names(pictures)
    assert len(written) >= 3
    assert all(Picture.load(pictures / name).recipe["system"] == "audioclip-diffusion" for name in written)
