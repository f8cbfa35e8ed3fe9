"""`hearsight sweep` end to end: guidance scales of a tiny system, then the thesis's tables of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.hub.network import save_network

RECIPE = """\
data: data
measure: {of: SYSTEM, data: "${data}", judge: judge, metrics: [adherence, kid], device: cpu, draw: {steps: 1}}
sweep: {measure.draw.guidance: [1, 3, .nan]}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, system) -> Path:
    """The working directory, with a recipe, a judge, and sounds and pictures of two classes."""
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(0)
    for label in ("dog", "rain"):
        sound, picture = (tmp_path / "data" / kind / "held_out" / label for kind in ("sounds", "pictures"))
        for path in (sound, picture):
            path.mkdir(parents=True)
        soundfile.write(sound / "a.wav", random.normal(0, 0.2, 2000), 8000)
        Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(picture / "a.png")
    torch.manual_seed(0)
    config = PictureClassifierConfig(("dog", "rain"), size=16, width=4, stages=2)
    save_network(tmp_path / "judge", "picture_classifier", PictureClassifier(config))
    (tmp_path / "scales.yaml").write_text(RECIPE.replace("SYSTEM", str(system)))
    return tmp_path


def test_a_sweep_and_its_tables(hearsight, folder):
    code, out, err = hearsight("sweep", "scales.yaml", "--plan")
    assert (code, err) == (0, "") and out.endswith("guidance-nan: adherence, kid\n3 runs, 0 trainings\n")

    code, out, err = hearsight("sweep", "scales.yaml", "--only", "guidance=1,nan")
    lines = out.splitlines()
    assert (code, err) == (2, "") and lines[-1] == "runs/scales/results.csv"
    assert lines[0].startswith("[1/2] guidance-1: own adherence 0.5, own KID ")
    assert lines[1].startswith("[2/2] guidance-nan: failed: guidance=nan: must be a finite number")

    code, out, _ = hearsight("sweep", "run", "scales.yaml", "measure.count=2", "--only", "guidance=3", "--out", "more")
    assert code == 0 and out.startswith("[1/1] guidance-3: ")
    (run,) = json.loads((folder / "more" / "results.json").read_text())["runs"]
    assert run["results"][0]["samples"] == 4

    code, out, _ = hearsight("sweep", "scales.yaml", "--only", "guidance=nan")
    assert code == 2 and out.count("\n") == 2
    kept = json.loads((folder / "runs" / "scales" / "results.json").read_text())["runs"]
    assert [(one["name"], one["state"]) for one in kept] == [("guidance-1", "measured"), ("guidance-nan", "failed")]

    code, out, err = hearsight("sweep", "tables", "runs/scales", "more")
    assert (code, out, err) == (0, "runs/scales/thesis/thesis.html\n", "")
    text = (folder / "runs" / "scales" / "thesis" / "thesis.md").read_text()
    assert "| guidance | nan | none | 1 | 3 | 5 | 7 | 9 | 11 |" in text
    assert "Not drawn: no ear was queried" in text and "figures/figure_5_6.png" in text


def test_errors_in_one_line(hearsight, folder):
    for arguments, told in (
        (("pocket_guidense",), "did you mean 'pocket_guidance'?"),
        (("scales.yaml", "measure.metrics=[adherance]"), "did you mean 'adherence'?"),
        (("scales.yaml", "--only", "scale=1"), "there is no such axis"),
        (("tables", "data"), "has no results.json of a sweep"),
    ):
        code, out, err = hearsight("sweep", *arguments)
        assert (code, out) == (2, "") and err.startswith("hearsight: ") and err.count("\n") == 1
        assert told in err
