"""What the command line adds for systems that read a prompt."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from hearsight.hub.converters.audiotoken import write_embedder
from hearsight.picture import Picture
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken


@pytest.fixture(scope="module")
def speaking(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("systems")
    system = AudioToken(audiotoken.debug())
    write_embedder(system.embedder, folder / "embedder_learned_embeds.bin")
    return system.save_pretrained(folder / "audiotoken")


def test_a_prompt_around_the_sound(hearsight, sounds, speaking):
    options = ("--system", speaking, "--prompt", "a red <sound>", "--negative-prompt", "grey", "--size", "24")
    assert hearsight("generate", sounds / "a.wav", *options)[0] == 0
    picture = Picture.load("pictures/a.png")
    assert picture.image.size == (24, 24)
    asked = picture.recipe["settings"]
    assert (asked["prompt"], asked["negative_prompt"], asked["size"]) == ("a red <sound>", "grey", 24)
    code, printed, _ = hearsight("rerun", "pictures/a.png")
    assert code == 0 and "the same bytes" in printed


def test_a_prompt_without_the_sound_is_one_line(hearsight, sounds, speaking):
    code, _, error = hearsight("generate", sounds / "a.wav", "--system", speaking, "--prompt", "a dog")
    assert code == 2 and "prompt='a dog': has no <sound>" in error
    assert not Path("pictures").exists()


def test_another_pipeline_and_a_published_embedder(hearsight, sounds, speaking):
    code, printed, _ = hearsight(
        "generate", sounds / "a.wav", "--system", speaking, "--pipeline", speaking / "pipeline", "--json"
    )
    assert code == 0 and Image.open(json.loads(printed)["file"]).size == (16, 16)
    embedder = speaking.parent / "embedder_learned_embeds.bin"
    options = ("--system", "audiotoken", "--pipeline", speaking / "pipeline", "--embedder", embedder)
    code, _, error = hearsight("generate", sounds / "a.wav", *options)
    assert code == 2 and "BEATs*.pt" in error


def test_a_picture_of_several_sounds_is_drawn_again(hearsight, sounds, speaking):
    system = AudioToken.from_pretrained(speaking, device="cpu")
    _, second = system.together([sounds / "a.wav", sounds / "b.ogg"], pictures=2, weights=(0.7, 0.3), seed=4)
    second.save("together.png")
    assert hearsight("rerun", "together.png")[0] == 0
    assert Path("together_again.png").read_bytes() == Path("together.png").read_bytes()
    swapped = ("--sound", sounds / "b.ogg", "--sound", sounds / "a.wav")
    code, _, error = hearsight("rerun", "together.png", *swapped)
    assert code == 1 and "sounds" in error
    code, _, error = hearsight("rerun", "together.png", "--sound", sounds / "b.ogg")
    assert code == 2 and "drawn from 2 sound(s), and --sound names 1" in error


def test_the_libraries_give_no_advice(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "TRANSFORMERS_VERBOSITY"}
    sound = Path(__file__).parents[2] / "examples" / "rain.ogg"
    options = ("--system", "audiotoken", "--steps", "2", "--out", str(tmp_path / "rain.png"))
    command = [sys.executable, "-m", "hearsight", "generate", str(sound), *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
