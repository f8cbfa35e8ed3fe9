import json
import shutil
import signal
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from hearsight.picture import Picture
from hearsight.sound import Sound
from hearsight.systems.s2igan import S2IGAN, debug

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")
BIRD = "a small red bird with a white belly"
NAME = "a_small_red_bird_with_a_white_belly"


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


@pytest.fixture(scope="module")
def listener(tmp_path_factory) -> Path:
    """A system that draws sentences."""
    torch.manual_seed(0)
    return S2IGAN(debug()).save_pretrained(tmp_path_factory.mktemp("systems") / "s2igan")


@needs_espeak
def test_a_sentence_is_spoken_beside_its_picture(hearsight, sounds, listener):
    code, out, err = hearsight("generate", "--say", BIRD, "--system", listener, "--json", "--sheet", "sheet.png")
    assert (code, err) == (0, "")
    assert _names(Path("pictures")) == [f"{NAME}.opus", f"{NAME}.png"] and Path("sheet.png").exists()
    assert json.loads(out)["sound"] == f"pictures/{NAME}.opus"
    sound = Picture.load(f"pictures/{NAME}.png").recipe["sound"]
    assert sound["path"] == f"pictures/{NAME}.opus" and sound["said"]["text"] == BIRD
    assert sound["sha256"] == Sound.read(f"pictures/{NAME}.opus").sha256()
    # The text never reaches the network: the file alone draws the same.
    hearsight("generate", f"pictures/{NAME}.opus", "--system", listener, "--out", "alone.png")
    assert Picture.load("alone.png").image.tobytes() == Picture.load(f"pictures/{NAME}.png").image.tobytes()


@needs_espeak
def test_any_system_draws_what_is_said_in_any_voice_beside_other_sounds(hearsight, sounds, system):
    options = ("--say", "red", "--say", "blue bird", "--voice", "gmw/en+m1", "--count", 2)
    assert hearsight("generate", "sounds/a.wav", *options, "--system", system)[0] == 0
    stems = ("a", "blue_bird_gmw_en_m1", "red_gmw_en_m1")
    pictures = [f"{stem}_{seed}.png" for stem in stems for seed in (0, 1)]
    assert _names(Path("pictures")) == sorted([*pictures, *(f"{stem}.opus" for stem in stems[1:])])
    assert "said" not in Picture.load("pictures/a_0.png").recipe["sound"]


@needs_espeak
def test_the_seed_of_the_condition_is_a_setting(hearsight, sounds, listener):
    for number in (1, 2, 1):
        options = ("--set", f"condition_seed={number}", "--out", f"{number}.png")
        assert hearsight("generate", "--say", BIRD, "--system", listener, *options)[0] == 0
    one, two = (Picture.load(f"{number}.png") for number in (1, 2))
    assert one.image.tobytes() != two.image.tobytes()
    assert one.recipe["settings"]["condition_seed"] == 1 and one.recipe["seed"] == two.recipe["seed"] == 0
    assert _names(Path())[:4] == ["1.opus", "1.png", "2.opus", "2.png"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--say", " "), "--say ' ': there is nothing to say"),
        (("--voice", "en-us"), "--voice en-us: says how --say is spoken"),
        ((), "nothing to hear: name sounds, or give a sentence with --say"),
        pytest.param(("--say", "..."), "finds nothing to say in it", marks=needs_espeak),
        pytest.param(("--say", "red", "--voice", "nobody"), "voice='nobody': espeak-ng has no", marks=needs_espeak),
        pytest.param(("--say", "red", "--out", "file/deeper"), "file/deeper/red.opus: cannot be", marks=needs_espeak),
        (("sounds/silent.wav",), "silence"),
        (("sounds/a.wav",), "a.wav: its loudness moves by 0.0 dB"),
    ],
)
def test_what_cannot_be_said_or_heard_is_one_line(hearsight, sounds, listener, arguments, message):
    Path("file").touch()
    code, out, err = hearsight("generate", *arguments, "--system", listener)
    assert (code, out) == (2, "")
    assert message in err and err.startswith("hearsight: ") and err.count("\n") == 1


def test_without_espeak_nothing_is_said(hearsight, sounds, listener, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, _, err = hearsight("generate", "--say", BIRD, "--system", listener)
    assert code == 2 and "apt install espeak-ng" in err and err.count("\n") == 1
    assert not Path("pictures").exists()


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
