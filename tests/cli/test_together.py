import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from hearsight.picture import Picture
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    return AudioToken(audiotoken.debug()).save_pretrained(tmp_path_factory.mktemp("systems") / "reader")


@pytest.fixture
def two(tmp_path, monkeypatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    for name, hertz in (("high", 2000), ("low", 200)):
        soundfile.write(f"{name}.wav", 0.4 * np.sin(2 * np.pi * hertz * np.arange(16000) / 16000), 16000)
    return "high.wav", "low.wav"


def test_each_sound_has_its_place_in_the_prompt(hearsight, reader, two):
    arguments = ("together", *two, "--system", reader, "--prompt", "<sound> beside <sound>", "--steps", 1)
    code, out, err = hearsight(*arguments, "--count", 2, "--seed", 3, "--json")
    assert (code, err) == (0, "")
    told = [json.loads(line) for line in out.splitlines()]
    assert [one["file"] for one in told] == ["pictures/high_low_3.png", "pictures/high_low_4.png"]
    assert told[0]["sounds"] == list(two) and [one["seed"] for one in told] == [3, 4]
    recipe = Picture.load(Path(told[0]["file"])).recipe
    assert [one["name"] for one in recipe["sounds"]] == list(two) and recipe["shares"] == [1.0, 1.0]


def test_one_place_takes_a_mixture(hearsight, reader, two):
    weights = ("--weight", 0.7, "--weight", 0.3)
    code, out, _ = hearsight(
        "together", *two, *weights, "--system", reader, "--prompt", "a <sound>", "--steps", 1, "--out", "mixed.png"
    )
    assert (code, out) == (0, "mixed.png\n")
    assert Picture.load(Path("mixed.png")).recipe["shares"] == [0.7, 0.3]


def test_without_a_prompt_all_sounds_are_named(hearsight, reader, two):
    hearsight("together", *two, "--system", reader, "--steps", 1, "--out", "both.png")
    assert Picture.load(Path("both.png")).recipe["settings"]["prompt"] == "<sound> and <sound>"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--prompt", "<sound> by <sound> by <sound>"), "has 3 <sound> for 2 sounds"),
        (("--weight", 1), "give one finite number for each of the 2 sounds"),
        (("--out", "one.png", "--count", 2), "--out one.png: 2 pictures do not go into one file"),
    ],
)
def test_what_cannot_be_is_one_line(hearsight, reader, two, arguments, message):
    code, _, err = hearsight("together", *two, "--system", reader, *arguments)
    assert code == 2 and message in err


def test_other_systems_hear_one_sound_at_a_time(hearsight, system, two):
    code, _, err = hearsight("together", *two, "--system", system)
    assert code == 2 and "audioclip-diffusion hears one sound at a time" in err
