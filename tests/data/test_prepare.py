"""Whole runs over a miniature VGGSound, with the pocket networks as judges."""

import csv
import json
import os
import tarfile
from dataclasses import replace

import pytest

from hearsight.cli import run
from hearsight.data.judges import JudgeSources
from hearsight.data.prepare import prepare
from hearsight.data.prepare_clip import Preparation
from hearsight.data.vggsound import vggsound_clips
from hearsight.errors import ConfigError, DataError

SETTINGS = Preparation(seconds=2, size=64, crops=2)


@pytest.fixture(scope="module")
def clips(vggsound):
    return vggsound_clips(vggsound[1], vggsound[0])


@pytest.fixture(scope="module")
def plain(tmp_path_factory, clips):
    """Made in one go by one worker, without judges."""
    out = tmp_path_factory.mktemp("prepared") / "plain"
    prepare(clips, out, SETTINGS, per_shard=4, workers=1)
    return out


def _content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_command_keeps_what_is_good_and_says_why_it_dropped_the_rest(vggsound, tmp_path, capsys):
    videos, table = vggsound
    judges = ["--clip", "audioclip-diffusion", "--picture-classifier", "picture_classifier"]
    judges += ["--sound-classifier", "audioclip-diffusion", "--device", "cpu", "--workers", "1"]
    out = tmp_path / "shards"
    command = ["data", "prepare", str(videos), "--csv", str(table), "--out", str(out), "--seconds", "2", *judges]
    assert run(command) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "4 pairs: 3 train, 1 held_out" and told[-1] == str(out / "manifest.json")
    assert told[1].startswith("8 dropped: 2 broken, 1 disagreement, 2 length, 1 missing, 1 silent, 1 still; see ")

    with (out / "dropped.csv").open(newline="") as file:
        dropped = {row["clip"]: row["reason"] for row in csv.DictReader(file)}
    assert list(dropped) == sorted(dropped) and len(dropped) == 8
    assert dropped["wrong_000010"].startswith("disagreement: the picture shows rain (")
    assert "the sound is guitar (" in dropped["wrong_000010"]
    assert dropped["absent_000010"] == "missing: its video is not in the folder"

    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["labels"] == ["clock tick", "rain"]
    assert manifest["splits"]["train"]["labels"] == {"clock tick": 1, "rain": 2}
    assert manifest["frames"] == "highest score of audioclip-diffusion"
    assert manifest["filter"] == "picture_classifier and audioclip-diffusion agree"
    assert sorted(path.name for path in out.iterdir()) == [
        "dropped.csv",
        "held_out-000000.tar",
        "manifest.json",
        "train-000000.tar",
    ]
    with tarfile.open(out / "held_out-000000.tar") as tar:
        (key,) = {name.partition(".")[0] for name in tar.getnames()}
        about = json.load(tar.extractfile(f"{key}.json"))
    assert (about["clip"], about["seen"][0], about["heard"][0]) == ("clock2_000005", "clock_tick", "clock_tick")

    marks = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(command) == 0  # all is there: nothing is done again
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == marks


def test_without_judges_the_manifest_says_so(plain):
    manifest = json.loads((plain / "manifest.json").read_text())
    assert manifest["frames"] == "middle of the window (no CLIP was given)" and manifest["filter"] == "none"
    assert manifest["splits"]["train"]["pairs"] == 8 and manifest["splits"]["held_out"]["pairs"] == 2
    with tarfile.open(plain / "held_out-000000.tar") as tar:
        assert {os.path.splitext(name)[0] for name in tar.getnames()} == {"00000000_0", "00000000_1"}


def test_workers_and_interruptions_change_no_byte(plain, clips, tmp_path):
    out, done = tmp_path / "interrupted", []

    def interrupt(count, total):
        done.append((count, total))
        if count == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(clips, out, SETTINGS, per_shard=4, workers=2, progress=interrupt)
    assert not (out / "manifest.json").exists()
    finished = {path: path.stat().st_mtime_ns for path in (out / ".unfinished").rglob("*.json")}
    done.clear()
    prepare(clips, out, SETTINGS, per_shard=4, workers=2, progress=lambda *counts: done.append(counts))
    assert done[0][0] >= 6 and done[-1] == (22, 22)  # what was finished is not done again
    assert len(finished) >= 5  # and what the other worker had finished by then, if anything
    assert _content(out) == _content(plain)


def test_a_folder_with_something_else_is_left_alone(plain, clips, tmp_path):
    with pytest.raises(DataError, match="holds shards of other videos or settings"):
        prepare(clips, plain, replace(SETTINGS, seed=1), per_shard=4)
    (tmp_path / "mine.txt").touch()
    with pytest.raises(DataError, match="is not empty"):
        prepare(clips, tmp_path, SETTINGS)
    with pytest.raises(DataError, match="is a file"):
        prepare(clips, tmp_path / "mine.txt", SETTINGS)


def test_a_judge_that_cannot_be_loaded_stops_the_work(clips, tmp_path):
    settings = replace(SETTINGS, judges=JudgeSources(clip="picture_classifier"))
    with pytest.raises(ConfigError, match="does not compare pictures with texts"):
        prepare(clips, tmp_path / "out", settings)


def test_a_folder_of_videos_of_which_none_is_good(tmp_path, make_film, capsys):
    make_film(tmp_path / "videos" / "rain" / "a.mp4", "rain", "silence")
    out = tmp_path / "out"
    assert run(["data", "prepare", str(tmp_path / "videos"), "--out", str(out), "--seconds", "2"]) == 2
    assert "1 dropped: 1 silent" in capsys.readouterr().out
    assert (out / "dropped.csv").read_text().splitlines()[1].startswith('rain/a.mp4,"silent: ')
