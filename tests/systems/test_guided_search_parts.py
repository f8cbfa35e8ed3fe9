"""Systems put together from published files and trained folders, as a user does: by `hearsight.load`."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import CLIPConfig as Settings
from transformers import CLIPModel

import hearsight
from hearsight.encoders import brivl_image, clip, wav2clip, wavbrivl
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.errors import ConfigError, WeightsError
from hearsight.generators import code_transformer, stylegan2, vqgan
from hearsight.generators.code_transformer import CodeTransformer
from hearsight.generators.stylegan2 import StyleGAN2
from hearsight.generators.vqgan import VQGAN
from hearsight.hub.network import save_network
from hearsight.samplers import search_config
from hearsight.sound.sound import Sound
from hearsight.systems.guided_search_parts import read_brivl_eye, read_clip_eye

TONE = 0.4 * np.sin(2 * np.pi * 500 * np.arange(8000) / 16000)
SOUND = Sound(TONE[None].astype(np.float32), 16000, "500 Hz")
WORDS = [*"abcdefghijklmnopqrstuvwxyz", *(f"{letter}</w>" for letter in "abcdefghijklmnopqrstuvwxyz")]


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, str]:
    """Wav2CLIP.pt at its published size, a small CLIP in transformers' layout, and trained folders."""
    folder = tmp_path_factory.mktemp("parts")
    torch.manual_seed(0)
    torch.save({_wav2clip_name(name): value for name, value in Wav2CLIP(wav2clip.published()).state_dict().items()},
               folder / "Wav2CLIP.pt")  # fmt: skip
    _save_clip(folder / "clip")
    save_network(folder / "vqgan", "vqgan", VQGAN(vqgan.debug()))
    save_network(folder / "transformer", "code_transformer", CodeTransformer(code_transformer.debug()))
    save_network(folder / "stylegan2", "stylegan2", StyleGAN2(stylegan2.debug()))
    save_network(folder / "wavbrivl", "wavbrivl", WavBriVL(wavbrivl.debug()))
    save_network(folder / "brivl", "brivl_image", BriVLImage(brivl_image.debug()))
    save_network(folder / "wav2clip", "wav2clip", Wav2CLIP(wav2clip.debug()))
    save_network(folder / "own clip", "clip", CLIP(clip.debug()))
    names = ("Wav2CLIP.pt", "clip", "vqgan", "transformer", "stylegan2", "wavbrivl", "brivl", "wav2clip", "own clip")
    return {name: str(folder / name) for name in names}


def _wav2clip_name(name: str) -> str:
    if name.startswith("project."):
        return name.replace("project.", "audio_transform.sequential.")
    if name == "window":
        return "audio_encoder.spectrogram.window"
    return "audio_encoder." + re.sub(r"^stages\.(\d)", lambda found: f"layer{int(found[1]) + 1}", name)


def _save_clip(folder: Path) -> None:
    words = [*WORDS, "<|startoftext|>", "<|endoftext|>"]
    layers = {"hidden_size": 16, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = {**layers, "vocab_size": len(words), "max_position_embeddings": 12, "eos_token_id": 2}
    vision = {**layers, "image_size": 32, "patch_size": 16}
    CLIPModel(Settings(text_config=text, vision_config=vision, projection_dim=512)).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")


def quick(system: Any, **settings: Any) -> list[bytes]:
    return [each.image.tobytes() for each in system(SOUND, steps=2, views=2, **settings)]


def test_wav2clip_over_vqgan(files, tmp_path):
    parts = {"ear": files["Wav2CLIP.pt"], "eye": files["clip"], "vqgan": files["vqgan"]}
    system = hearsight.load("wav2clip-vqgan", device="cpu", **parts)
    assert system.config.ear == wav2clip.published() and system.config.vqgan == vqgan.debug()
    assert system.config.search == search_config.vqgan_clip(32)
    assert not any(weight.requires_grad for part in system.components.values() for weight in part.parameters())
    drawn = quick(system, prompt="a dog", against="a cat")
    system.save_pretrained(tmp_path / "saved")
    saved = hearsight.load(tmp_path / "saved", device="cpu", vocabulary=files["clip"])
    assert quick(saved, prompt="a dog", against="a cat") == drawn


def test_stylewav(files):
    parts = {"ear": files["Wav2CLIP.pt"], "eye": files["clip"], "generator": files["stylegan2"]}
    system = hearsight.load("stylewav", device="cpu", **parts)
    assert system.config.search == search_config.stylewav(32)
    assert (system.config.face.start, system.config.normalise) == ("mean", "nothing")
    assert system.settings()["steps"] == 10
    assert (
        len(set(quick(system, pictures_per_sound=2))) == 1
    )  # the mean with the stored noise is the same for all seeds


def test_wavbrivl(files):
    parts = {"ear": files["wavbrivl"], "eye": files["brivl"], "vqgan": files["vqgan"]}
    system = hearsight.load("wavbrivl", device="cpu", **parts)
    assert system.config.search == search_config.wavbrivl(32)
    assert len(quick(system)) == 1


def test_trained_ears_and_eyes(files):
    parts = {"ear": files["wav2clip"], "eye": files["own clip"], "vqgan": files["vqgan"]}
    assert len(quick(hearsight.load("wav2clip-vqgan", device="cpu", **parts), prompt="a dog")) == 1


@pytest.mark.parametrize(
    ("name", "parts"),
    [("wav2clip-vqgan", {"ear": "wav2clip", "eye": "own clip"}), ("wavbrivl", {"ear": "wavbrivl", "eye": "brivl"})],
)
def test_whoever_gives_a_transformer_begins_with_what_it_samples(files, name, parts):
    parts = {part: files[file] for part, file in {**parts, "vqgan": "vqgan", "transformer": "transformer"}.items()}
    system = hearsight.load(name, device="cpu", **parts)
    assert system.settings()["start"] == "sampled" and system.config.transformer == code_transformer.debug()
    assert quick(system) != quick(system, start="random")
    assert not any(weight.requires_grad for weight in system.components["transformer"].parameters())
    with pytest.raises(WeightsError, match="holds vqgan; give the folder of a trained code_transformer"):
        hearsight.load(name, device="cpu", **{**parts, "transformer": files["vqgan"]})


def test_parts_that_do_not_fit(files):
    with pytest.raises(ConfigError, match=r"ear\.embed=16: the eye gives embeddings of 512"):
        hearsight.load("stylewav", ear=files["wav2clip"], eye=files["clip"], generator=files["stylegan2"])
    with pytest.raises(WeightsError, match="holds vqgan; give the folder of a trained stylegan2"):
        hearsight.load("stylewav", ear=files["wav2clip"], eye=files["clip"], generator=files["vqgan"])
    with pytest.raises(WeightsError, match="has no VQGAN under `state_dict`"):
        parts = {"ear": files["wav2clip"], "eye": files["own clip"], "vqgan": files["Wav2CLIP.pt"]}
        hearsight.load("wav2clip-vqgan", **parts)
    with pytest.raises(WeightsError, match="has no tensors under `g_ema`"):
        hearsight.load("stylewav", ear=files["wav2clip"], eye=files["clip"], generator=files["Wav2CLIP.pt"])
    with pytest.raises(ConfigError, match="colour='x': stylewav is put together without this"):
        hearsight.load("stylewav", ear="x", eye="x", generator="x", colour="x")
    with pytest.raises(ConfigError, match=r"ear='x': a stylewav of parts needs all of them \(generator, ear, eye\)"):
        hearsight.load("stylewav", ear="x")


def test_an_eye_may_be_taught_words_of_a_folder(files):
    eye = read_clip_eye(files["own clip"])
    state = {name: tensor for name, tensor in eye.state_dict().items()}
    assert state.keys() == CLIP(clip.debug()).state_dict().keys()
    assert read_clip_eye(files["clip"], files["clip"]).read(["a dog"]).shape == (1, 512)
    with pytest.raises(WeightsError, match=r"no vocab\.json"):
        read_clip_eye(files["clip"], files["vqgan"])


def test_brivl_is_fed_in_a_form_that_there_is(files, tmp_path):
    with pytest.raises(ConfigError, match="form='square': BriVL is fed in one of these: published, first_release"):
        read_brivl_eye(tmp_path / "brivl.pth", "square")
    with pytest.raises(WeightsError, match="there is no such file"):
        read_brivl_eye(tmp_path / "brivl.pth", "reranker")
    assert replace(read_brivl_eye(files["brivl"]).config) == brivl_image.debug()
