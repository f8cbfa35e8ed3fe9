import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken


@pytest.fixture
def reader(tmp_path) -> Path:
    torch.manual_seed(0)
    return AudioToken(audiotoken.debug()).save_pretrained(tmp_path / "reader")


@pytest.fixture
def data(tmp_path) -> Path:
    for label in ("dog", "rain"):
        sound = tmp_path / "data" / "sounds" / "held_out" / label / "a.wav"
        sound.parent.mkdir(parents=True)
        soundfile.write(sound, np.random.default_rng(0).normal(0, 0.2, 16000), 16000)
    return tmp_path / "data"


def test_backgrounds_are_counted_and_pictures_kept(hearsight, reader, data, tmp_path):
    arguments = ("evaluate", "background", "--data", data, "--system", reader, "--colour", "blue", "--steps", 1)
    code, out, err = hearsight(*arguments, "--count", 2, "--out", tmp_path / "drawn", "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert (result["colour"], result["pictures"], sorted(result["classes"])) == ("blue", 4, ["dog", "rain"])
    assert result["obeyed"] == sum(result["classes"].values()) / 2
    files = sorted((tmp_path / "drawn").rglob("*.png"))
    assert [file.parent.name for file in files] == ["dog", "dog", "rain", "rain"]
    assert Image.open(files[0]).size == (16, 16)

    _, table, _ = hearsight(*arguments, "--count", 2)
    assert f"blue background {result['obeyed']:.1%}" in table and f"dog   {result['classes']['dog']:.1%}" in table


def test_a_system_that_takes_no_prompt_is_one_line(hearsight, system, data):
    code, _, err = hearsight("evaluate", "background", "--data", data, "--system", system)
    assert code == 2 and "audioclip-diffusion has no such setting" in err
