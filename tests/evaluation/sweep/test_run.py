"""Sweeps end to end: an ear and a hand of debug size are trained, measured at several moments, and taken up again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from PIL import Image

from hearsight.config import plain
from hearsight.encoders import audioclip
from hearsight.errors import ConfigError
from hearsight.evaluation.sweep import results
from hearsight.evaluation.sweep.recipe import Sweep, read
from hearsight.evaluation.sweep.run import run
from hearsight.generators import pixel_unet

COLOURS = {"red": 2000.0, "blue": 500.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two colours that can be heard, both to train on and held out."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    for label, hertz in COLOURS.items():
        for split in ("train", "held_out"):
            for number in range(3):
                sound, picture = (
                    folder / kind / split / label / f"{number}{suffix}"
                    for kind, suffix in (("sounds", ".wav"), ("pictures", ".png"))
                )
                for path in (sound, picture):
                    path.parent.mkdir(parents=True, exist_ok=True)
                samples = 0.4 * np.sin(2 * np.pi * hertz * (1 + number / 10) * np.arange(4000) / 22050)
                soundfile.write(sound, samples, 22050)
                pixels = random.integers(0, 90, (16, 16, 3), dtype=np.uint8)
                pixels[..., ("red", "green", "blue").index(label)] += 150
                Image.fromarray(pixels).save(picture)
    return folder


@pytest.fixture(scope="module")
def recipe(data, judge_folder, tmp_path_factory) -> Path:
    values: dict[str, Any] = {
        "data": str(data),
        "train": {
            "ear": {
                "task": "align",
                "size": "debug",
                "data": "${data}",
                "train": {"steps": 2, "learning_rate": 1e-3},
                "checkpoints": 2,
            },
            "hand": {
                "task": "diffuse",
                "data": "${data}",
                "audioclip": "${ear}",
                "batch": 2,
                "views": 1,
                "unet": plain(pixel_unet.debug(audioclip.debug().embed)),
                "train": {"steps": 2, "learning_rate": 1e-3, "ema": 0.5},
                "checkpoints": 2,
            },
        },
        "measure": {
            "of": "${hand}",
            "data": "${data}",
            "judge": str(judge_folder),
            "metrics": ["adherence", "kid", "kid_train"],
            "draw": {"steps": 1, "guidance": 1},
            "device": "cpu",
        },
        "sweep": {
            "epochs": {"1": {"measure.after": 0.5}, "2": {"measure.after": 1}},
            "guidance": {"1": {"measure.draw.guidance": 1}, "wrong": {"measure.draw.strength": 2}},
        },
    }
    path = tmp_path_factory.mktemp("recipe") / "mine.yaml"
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    return path


@pytest.fixture(scope="module")
def out(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("out")


def test_runs_are_made_taken_up_and_written_down(recipe, out):
    sweep = read(recipe)

    def stop(outcome: results.Outcome, done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(sweep, out, say=stop)
    assert [one.state for one in results.read(out)] == ["measured", "not run", "not run", "not run"]
    first = out / "runs" / "epochs-1_guidance-1"
    before = (first / "result.json").stat().st_mtime_ns

    seen: list[tuple[str, int, int]] = []
    found = run(sweep, out, say=lambda outcome, done, of: seen.append((outcome.state, done, of)))
    assert seen == [("measured", 1, 4), ("failed", 2, 4), ("measured", 3, 4), ("failed", 4, 4)]
    assert (first / "result.json").stat().st_mtime_ns == before
    assert sorted(path.name.split("_")[0] for path in (out / "trained").iterdir()) == ["ear", "hand"]

    # The picture classifier of colours measures both moments; they are not the same network.
    early, _, late, _ = found
    assert early.result("adherence")["samples"] == 6 and late.result("KID to training pictures")["samples"] == 6
    weights = [one.about["weights"] for one in (early, late)]
    assert weights[0] != weights[1]
    assert (first / "report.html").is_file() and len(list((first / "pictures").rglob("*.png"))) == 6

    wrong = found[1]
    assert wrong.reason.startswith("strength=2: audioclip-diffusion has no such setting")
    assert "Traceback" in (out / "runs" / wrong.name / "failed.txt").read_text()
    assert [one.state for one in results.read(out)] == ["measured", "failed", "measured", "failed"]
    assert "strength=2" in (out / "results.csv").read_text()


def test_an_ear_is_queried_before_and_after_its_training(recipe, out):
    only = [
        "measure.of=${ear}",
        "measure.metrics=[querying]",
        "sweep={epochs: null, guidance: null, measure.after: [0, 0.5, 1]}",
    ]
    hands = {path.name for path in (out / "trained").glob("hand*")}
    found = run(read(recipe, only), out / "ears", trained=out / "trained")
    assert [one.state for one in found] == ["measured"] * 3
    for one in found:
        assert one.result("querying accuracy (text)")["samples"] == 6
        assert one.result("querying accuracy (pictures)") is not None
    hashes = {one.results[0]["weights_sha256"] for one in found}
    assert len(hashes) == 3
    assert {path.name for path in (out / "trained").glob("hand*")} == hands


def test_only_the_first_seconds_are_heard(recipe, system, out):
    settings = [f"measure.of={system.source}", "measure.metrics=[adherence]", "train=null"]
    settings += ["sweep={epochs: null, guidance: null, measure.first.seconds: [0.05, 0.1]}", "measure.sounds=1"]
    found = run(read(recipe, [*settings, "measure.first.audible_within=0.05"]), out / "lengths")
    assert [one.cases for one in found] == [{"seconds": "0.05"}, {"seconds": "0.1"}]
    assert [one.state for one in found] == ["measured", "measured"]
    first, second = (one.about["sounds sha256"] for one in found)
    assert first != second


def test_a_training_that_fails_is_not_tried_by_every_run(recipe, tmp_path):
    settings = ["train.hand.data=nowhere", "sweep={epochs: null}", "sweep.guidance={wrong: {measure.draw.guidance: 3}}"]
    found = run(read(recipe, settings), tmp_path)
    assert [one.state for one in found] == ["failed", "failed"]
    assert found[0].reason == found[1].reason and found[0].reason.startswith("hand: ")
    assert not (tmp_path / "trained" / "hand" / "finished.json").exists()


def test_one_process_runs_a_sweep(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="one process"):
        run(Sweep("mine", []), tmp_path)
