"""Sub-URMP's chunks become windows of any length; the halves of what is held out share no sound."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hearsight.cli import run
from hearsight.data import pairs
from hearsight.data.prepare_sub_urmp import Preprocessing, halves, prepare, windows
from hearsight.data.sub_urmp import performances
from hearsight.errors import ConfigError, DataError
from hearsight.sound import Sound

RATE = 1000
TENTH = RATE // 10


def test_windows_begin_at_every_tenth_of_a_second(urmp, urmp_tracks):
    kept, rate = windows(performances(urmp)[1], Preprocessing(seconds=1))
    assert rate == RATE and len(kept) == 15  # a window of a second begins at every tenth of the first 1.4 s
    for number, window in enumerate(kept):
        assert window.time == 500 + 100 * number and window.picture.stem == f"violin01_{window.time}"
        assert np.array_equal(window.samples, urmp_tracks["train"][number * TENTH : number * TENTH + RATE])


def test_silence_and_quiet_ends_are_left_out(tmp_path, urmp_tracks, add_performance):
    track = urmp_tracks["train"]
    track[: 8 * TENTH] = 0  # windows of 1 s: silent for more than half a second until the fourth
    track[14 * TENTH :] *= 400 / 32768 / 0.5
    add_performance(tmp_path, "train", "flute", track)
    (one,) = performances(tmp_path)
    kept, _ = windows(one, Preprocessing(seconds=1))
    assert [(window.time - 500) // 100 for window in kept] == list(range(3, 10))
    every, _ = windows(one, Preprocessing(seconds=1, silence=0))
    assert len(every) == 15


def test_a_silent_middle_is_left_out(tmp_path, urmp_tracks, add_performance):
    track = urmp_tracks["train"]
    track[8 * TENTH : 14 * TENTH] = 0
    add_performance(tmp_path, "train", "flute", track)
    (one,) = performances(tmp_path)
    kept, _ = windows(one, Preprocessing(seconds=0.5))
    assert [(window.time - 500) // 100 for window in kept] == [*range(8), *range(10, 20)]


def test_halves_share_no_sound(urmp):
    held_out = performances(urmp)[3]
    for seconds in (0.5, 0.8):
        kept, _ = windows(held_out, Preprocessing(seconds=seconds))
        validation, testing = halves(kept, seconds)
        assert len(validation) == (len(kept) + 1) // 2
        gap = testing[0].time - validation[-1].time
        assert gap == round(1000 * seconds)
        assert testing[-1] is kept[-1]


def test_prepare_makes_two_data_folders(urmp, tmp_path):
    crops = {"violin": (0.8125, 0.0, 1.0, 1.0)}
    settings = Preprocessing(seconds=0.5, size=16, crops=crops)
    out, seen = tmp_path / "out", []
    assert prepare(urmp, out, settings, lambda done, of: seen.append((done, of))) == out / "manifest.csv"
    assert seen[-1] == (4, 4)
    counts = {
        (part, split): len(pairs.read(out / part, "sound", split))
        for part, split in (("", "train"), ("", "held_out"), ("validation", "held_out"))
    }
    assert counts == {("", "train"): 40, ("", "held_out"): 12, ("validation", "held_out"): 20}
    names = {kind: {Path(item.path).stem for item in pairs.read(out, kind)} for kind in ("sound", "picture")}
    assert names["sound"] == names["picture"]
    violin = Image.open(out / "pictures/train/violin/violin01_1000.png")
    assert violin.size == (16, 16) and np.asarray(violin)[..., 1].min() > 200  # the right quarter is green
    bass = np.asarray(Image.open(out / "pictures/train/double_bass/double_bass01_1000.png"))[8, 8]
    assert bass[1] < 40 and abs(int(bass[0]) - 50) < 15  # the centre of frame 5
    sound = Sound.read(out / "sounds/train/violin/violin01_1000.flac")
    assert (sound.channels, sound.rate, sound.seconds) == (1, RATE, 0.5)

    (out / "manifest.csv").unlink()
    kept = (out / "sounds/train/violin/violin01_1000.flac").stat().st_mtime_ns
    prepare(urmp, out, settings)
    assert (out / "sounds/train/violin/violin01_1000.flac").stat().st_mtime_ns == kept


def test_the_command(urmp, tmp_path, capsys):
    (tmp_path / "crops.yaml").write_text("violin: [0.8125, 0, 1, 1]\n")
    arguments = [
        "data",
        "make",
        "sub-urmp",
        str(urmp),
        "--seconds",
        "2",
        "--size",
        "8",
        "--out",
        str(tmp_path / "out"),
    ]
    assert run([*arguments, "--crops", str(tmp_path / "crops.yaml")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'manifest.csv'}\n"
    assert {Sound.read(tmp_path / "out" / item.path).seconds for item in pairs.read(tmp_path / "out", "sound")} == {2.0}
    assert run([*arguments, "--crops", str(tmp_path / "nowhere.yaml")]) == 2


def test_errors(urmp, tmp_path):
    with pytest.raises(DataError, match="no window of 9 s"):
        prepare(urmp, tmp_path / "out", Preprocessing(seconds=9))
    with pytest.raises(ConfigError, match=r"seconds=0\.25"):
        Preprocessing(seconds=0.25)
    with pytest.raises(ConfigError, match=r"crops\.piano"):
        Preprocessing(crops={"piano": (0, 0, 1, 1)})
    with pytest.raises(ConfigError, match="shares from 0 to 1"):
        Preprocessing(crops={"violin": (0, 0, 1920, 1080)})
