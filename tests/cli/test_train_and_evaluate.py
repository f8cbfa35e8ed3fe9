"""A judge is trained by a recipe, then asked what a tiny system drew: the commands end to end."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.training import checkpoint

RECIPE = """\
task: judge
data: data
size: 16
width: 4
batch: 8
train: {steps: 4, checkpoint_every: 2, learning_rate: 1e-3}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working directory, with a recipe and a data folder of two classes."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for label in ("dog", "rain"):
        sound = tmp_path / "data" / "sounds" / "held_out" / label / "a.wav"
        sound.parent.mkdir(parents=True)
        soundfile.write(sound, random.normal(0, 0.2, 2000), 8000)
        for split in ("train", "held_out"):
            picture = tmp_path / "data" / "pictures" / split / label / "a.png"
            picture.parent.mkdir(parents=True)
            Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(picture)
    (tmp_path / "judge.yaml").write_text(RECIPE)
    return tmp_path


def test_a_judge_is_trained_and_measures_adherence(hearsight, folder, system):
    code, out, _ = hearsight("train", "judge.yaml", "train.steps=3", "--out", "judge")
    assert (code, out) == (0, "judge\n")
    assert checkpoint.newest(folder / "judge" / "checkpoints") is not None

    arguments = ("evaluate", "adherence", "--data", "data", "--judge", "judge", "--system", system, "--count", 2)
    code, out, err = hearsight(*arguments, "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["pictures"] == 4
    assert result["adherence"] == pytest.approx(sum(result["classes"].values()) / 2)
    assert sorted(result["classes"]) == ["dog", "rain"]

    _, table, _ = hearsight(*arguments)
    assert f"adherence {result['adherence']:.1%}" in table
    assert all(f"{label}  {share:.1%}" in table for label, share in (("rain", result["classes"]["rain"]),))


def test_results_go_below_runs_unless_told_otherwise(hearsight, folder):
    assert hearsight("train", "judge.yaml", "train.steps=2")[:2] == (0, "runs/judge\n")
    assert (folder / "runs" / "judge" / "recipe.yaml").is_file()
