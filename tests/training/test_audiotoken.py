import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

import hearsight
from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.shard_writer import write_shard
from hearsight.data.token_pairs import SoundsWithPictures, TokenBatches
from hearsight.encoders import beats
from hearsight.encoders.beats import BEATs
from hearsight.errors import ConfigError
from hearsight.generators import latent_diffusion
from hearsight.generators.lora import LoRAConfig
from hearsight.hub.network import save_network
from hearsight.sound.sound import Sound
from hearsight.systems.audiotoken import AudioToken, Sampling
from hearsight.training import audiotoken
from hearsight.training.audiotoken import AudioTokenTask, Recipe, begin, encode_labels, make_batches
from hearsight.training.config import TrainConfig
from hearsight.training.recipe import run as run_recipe
from hearsight.training.token_losses import classification, sparsity

TONES = {"high": 3000.0, "low": 300.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Two tones and two colours; number n of a tone is of one video with number n of its colour."""
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for label, hertz in TONES.items():
        for number in range(3):
            for kind, suffix in (("sound", "wav"), ("picture", "png")):
                file = folder / f"{label}{number}.{suffix}"
                rows.append([file.name, kind, label, "train", f"{label}{number}"])
                if kind == "sound":
                    samples = 0.4 * np.sin(2 * np.pi * hertz * (1 + number / 20) * np.arange(24000) / 16000)
                    soundfile.write(file, samples * np.linspace(0.5, 1, 24000), 16000)
                else:
                    colour = (250, 80 * number, 0) if label == "high" else (0, 80 * number, 250)
                    Image.new("RGB", (20, 30), colour).save(file)
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["path", "kind", "label", "split", "group"], *rows])
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models")
    save_network(folder / "ear", "beats", BEATs(beats.debug()))
    latent_diffusion.build_pipeline(latent_diffusion.debug()).save_pretrained(folder / "pipeline")
    return folder


def recipe(data: Path, models: Path, **settings: object) -> Recipe:
    values = {
        "train": TrainConfig(steps=4, learning_rate=1e-2, decay="constant", checkpoint_every=2, log_every=1),
        "encoder_weights": models / "ear",
        "batch": 4,
        "seconds": 0.5,
        "hop": 0.25,
        "views": 3,
        "sampling": Sampling(prompt="a <sound>", steps=2),
        **settings,
    }
    return Recipe(data, str(models / "pipeline"), **values)  # type: ignore[arg-type]


def task(data: Path, models: Path, **settings: object) -> tuple[AudioTokenTask, TokenBatches]:
    torch.manual_seed(0)
    asked = recipe(data, models, **settings)
    found = SoundsWithPictures.find(data, asked.pairing)
    system = begin(asked)
    return AudioTokenTask(system, asked, found.labels), make_batches(system, found, asked)


def loss(task: AudioTokenTask, batch: dict[str, torch.Tensor]) -> dict[str, float]:
    torch.manual_seed(7)
    return {name: value.item() for name, value in task.loss(batch).items()}


# Batches ------------------------------------------------------------------------------------------------------------


def test_batches_are_functions_of_seed_and_number(data, models):
    _, batches = task(data, models)
    first, again, second = batches.batch(3), batches.batch(3), batches.batch(4)
    assert first["features"].shape == (4, 6, 48)  # half a second: three patches of two bands
    assert first["mean"].shape == first["std"].shape == (4, 4, 8, 8)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["features"], second["features"])
    assert sorted(first["label"].tolist()) == [0, 0, 1, 1]


def test_the_cache_changes_nothing(data, models):
    _, cached = task(data, models)
    _, fresh = task(data, models, cache=False)
    for number in range(3):
        one, other = cached.batch(number), fresh.batch(number)
        assert all(torch.equal(one[name], other[name]) for name in one)
    assert (data / ".cache").is_dir()


def test_excerpts_begin_all_along_the_sound(data, models):
    ear = audiotoken.with_window(begin(recipe(data, models)).encoder, 0.5)
    heard = audiotoken.hear_excerpts(ear, data / "high0.wav", hop=0.25, views=3)
    assert heard.shape == (3, 6, 48) and heard.dtype == torch.float16
    assert len({view.numpy().tobytes() for view in heard}) == 3  # the tone grows louder
    assert ear.config.window.seconds == 0.5 and begin(recipe(data, models)).encoder.config.window.seconds == 1.0


def test_variations_are_of_one_sound_and_always_the_same(data, models):
    ear = begin(recipe(data, models)).encoder
    changes = MelAugmentation(frames_per_second=100)
    heard, again = (audiotoken.hear_variations(ear, data / "high0.wav", changes, 3) for _ in range(2))
    assert heard.shape == (3, ear.config.tokens, 48) and torch.equal(heard, again)
    assert len({view.numpy().tobytes() for view in heard}) == 3
    other = audiotoken.hear_variations(ear, data / "low0.wav", changes, 3)
    assert (heard.mean(0) - other.mean(0)).abs().mean() > 0.01  # another sound


def test_a_token_learns_from_variations(data, models):
    changed = recipe(data, models, augmentation=MelAugmentation(frames_per_second=100), seconds=None)
    learning, batches = task(data, models, augmentation=changed.augmentation, seconds=None)
    assert loss(learning, batches.batch(0))["loss"] > 0
    with pytest.raises(ConfigError, match="encoder=xvector"):
        replace(changed, encoder="xvector")


def test_latents_keep_their_spread(data, models):
    vae = begin(recipe(data, models)).diffusion.pipeline.vae
    latent = audiotoken.encode_picture(vae, data / "low1.png", 16)
    pixels = torch.tensor([0, 80, 250]).reshape(1, 3, 1, 1).expand(1, 3, 16, 16) / 127.5 - 1
    with torch.no_grad():
        expected = vae.encode(pixels).latent_dist
    torch.testing.assert_close(latent["mean"].float(), expected.mean[0], atol=2e-3, rtol=2e-3)
    torch.testing.assert_close(latent["std"].float(), expected.std[0], atol=2e-3, rtol=2e-3)


def test_shards_are_learnt_from_like_the_files_they_were_made_of(data, models, tmp_path):
    """Two clips of two pairs each, as `hearsight data prepare` writes them."""
    stored = {}
    for number, label in enumerate(("high", "high", "low", "low")):
        sound, picture, about = io.BytesIO(), io.BytesIO(), {"label": label, "clip": f"{label}.mp4"}
        soundfile.write(sound, *soundfile.read(data / f"{label}{number % 2}.wav"), format="FLAC")
        Image.open(data / f"{label}{number % 2}.png").save(picture, "JPEG")
        members = {"flac": sound.getvalue(), "jpg": picture.getvalue(), "json": json.dumps(about).encode()}
        stored[f"{number:08}"] = members
    write_shard(tmp_path / "train-000000.tar", stored.items())
    splits = {"train": {"pairs": 4, "shards": [{"file": "train-000000.tar"}]}}
    (tmp_path / "manifest.json").write_text(json.dumps({"labels": list(TONES), "splits": splits}))

    learning, batches = task(tmp_path, models, pairing="group", views=1)
    assert [set(shown) for shown in batches.pairs.shown] == [{0, 1}, {0, 1}, {2, 3}, {2, 3}]
    ear = audiotoken.with_window(learning.system.encoder, 0.5)
    for number, name in enumerate(batches.pairs.sounds):
        alone = tmp_path / "alone.flac"
        alone.write_bytes(stored[Path(name).stem]["flac"])
        heard = audiotoken.hear_excerpts(ear, alone, hop=0.25, views=1)
        assert torch.equal(batches.features.row("features", number), heard)
    assert loss(learning, batches.batch(0))["loss"] > 0
    assert audiotoken.run(recipe(tmp_path, models, pairing="group"), tmp_path / "run").is_dir()


# Loss ---------------------------------------------------------------------------------------------------------------


def test_the_picture_loss_is_that_of_the_pipeline(data, models):
    """By hand, for epsilon and for velocity: the same noise found again by the same U-Net."""
    for prediction in ("epsilon", "v_prediction"):
        learning, batches = task(data, models, l1=0.0)
        learning.scheduler.register_to_config(prediction_type=prediction)
        learning.modules.eval()
        batch = batches.batch(0)
        got = loss(learning, batch)
        torch.manual_seed(7)
        pipeline = learning.diffusion.pipeline
        mean = batch["mean"].float()
        latents = (mean + batch["std"].float() * torch.randn(mean.shape)) * 0.18215
        noise = torch.randn(latents.shape)
        timestep = torch.randint(1000, (4,))
        kept = pipeline.scheduler.alphas_cumprod[timestep].reshape(4, 1, 1, 1)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        token = learning.system.embedder(batch["features"].float())
        with torch.no_grad():
            text = learning.diffusion.encode("a photo of <sound>", token[:, None])
            predicted = pipeline.unet(noisy, timestep, text).sample
        wanted = noise if prediction == "epsilon" else kept.sqrt() * noise - (1 - kept).sqrt() * latents
        assert got["picture"] == pytest.approx((predicted - wanted).square().mean().item(), rel=1e-4)
        assert got["loss"] == got["picture"]


@pytest.mark.parametrize("form", ["code", "paper"])
def test_the_terms_of_the_loss_are_weighed(data, models, form):
    settings = {"l1": 0.1, "classification": 0.2}
    forms = {name: form for name in ("l1_form", "classification_form", "label_encoding")}
    learning, batches = task(data, models, **settings, **forms)
    learning.modules.eval()
    batch = batches.batch(0)
    got = loss(learning, batch)
    token = learning.system.embedder(batch["features"].float())
    label = encode_labels(learning.diffusion, ("high", "low"), form)[batch["label"]]
    assert got["l1"] == pytest.approx(sparsity(token, form).item(), rel=1e-5)
    assert got["classification"] == pytest.approx(classification(token, label, form).item(), rel=1e-5)
    assert got["loss"] == pytest.approx(got["picture"] + 0.1 * got["l1"] + 0.2 * got["classification"], rel=1e-5)


def test_labels_are_encoded_before_or_behind_the_text_encoder(data, models):
    diffusion = begin(recipe(data, models)).diffusion
    encoder = diffusion.pipeline.text_encoder
    ids = diffusion.pipeline.tokenizer("sea waves", return_tensors="pt").input_ids
    before, behind = (encode_labels(diffusion, ("sea_waves",), form)[0] for form in ("code", "paper"))
    torch.testing.assert_close(before, encoder.get_input_embeddings()(ids)[0, 1:-1].mean(dim=0))
    torch.testing.assert_close(behind, encoder(ids)[0][0, 1:-1].mean(dim=0))


@pytest.mark.parametrize("lora", [None, LoRAConfig(2)])
def test_only_embedder_and_lora_learn(data, models, lora):
    learning, batches = task(data, models, lora=lora)
    frozen = [*learning.diffusion.parts().values(), learning.system.encoder]
    before = [weight.clone() for part in frozen for weight in part.parameters()]
    if lora:
        for name, weight in learning.modules.named_parameters():
            if "lora_B" in name:
                torch.nn.init.normal_(weight)  # behind zeros nothing could learn yet
    learning.loss(batches.batch(0))["loss"].backward()
    without = [name for name, weight in learning.modules.named_parameters() if weight.grad is None]
    assert without == []
    still = [name for name, weight in learning.modules.named_parameters() if not weight.grad.any()]
    assert still in ([], ["embedder.pooling.unary_reduce.bias"])  # the softmax cancels that one
    assert ("lora" in dict(learning.modules.named_children())) == bool(lora)
    assert all(weight.grad is None for part in frozen for weight in part.parameters())
    after = [weight for part in frozen for weight in part.parameters()]
    assert all(map(torch.equal, before, after))


def test_a_recipe_without_a_place_for_the_sound(data, models):
    with pytest.raises(ConfigError, match="prompt='a dog': has no <sound>"):
        recipe(data, models, prompt="a dog")
    for setting in ("views", "pictures"):
        with pytest.raises(ConfigError, match=f"{setting}=0"):
            recipe(data, models, **{setting: 0})


# Training -----------------------------------------------------------------------------------------------------------


def test_training_makes_a_system_that_draws(data, models, tmp_path):
    asked = recipe(data, models, lora=LoRAConfig(2), whole=True)
    asked = replace(asked, train=replace(asked.train, ema=0.5))
    system = hearsight.load(audiotoken.run(asked, tmp_path / "run"), device="cpu")
    assert isinstance(system, AudioToken)
    assert system.config.lora == LoRAConfig(2) and system.config.sampling.prompt == "a <sound>"
    drawn = system([data / "high0.wav", data / "low0.wav"])
    assert drawn[0].image.tobytes() != drawn[1].image.tobytes()
    further = begin(replace(asked, start=tmp_path / "run"))
    assert torch.equal(further.embedder.second.weight, system.embedder.second.weight)


def test_what_is_learned_shows(data, models, tmp_path):
    """With the classification loss alone at work, each tone's token comes to point to its own label's words."""
    train = TrainConfig(steps=30, learning_rate=2e-2, decay="constant", log_every=30, checkpoint_every=30)
    asked = recipe(data, models, classification=5.0, train=train)
    system = hearsight.load(audiotoken.run(asked, tmp_path / "run"), device="cpu")
    assert isinstance(system, AudioToken)
    labels = encode_labels(system.diffusion, ("high", "low"), "code")
    tokens = system.hear([Sound.read(data / f"{name}0.wav") for name in TONES])
    cosines = torch.nn.functional.cosine_similarity(tokens[:, None], labels[None], dim=-1)
    assert cosines.diagonal().min() > 0.8


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(data, models, tmp_path):
    asked = recipe(data, models)
    short = replace(asked, train=replace(asked.train, steps=2))
    whole = audiotoken.run(asked, tmp_path / "whole")
    audiotoken.run(short, tmp_path / "parts")
    parts = audiotoken.run(asked, tmp_path / "parts")
    assert (whole / "embedder.safetensors").read_bytes() == (parts / "embedder.safetensors").read_bytes()


def test_a_shipped_recipe_runs_on_small_models(data, models, tmp_path):
    small = [
        f"data={data}",
        f"pipeline={models / 'pipeline'}",
        f"encoder_weights={models / 'ear'}",
        "seconds=0.5",
        "batch=2",
        "train.steps=1",
        "train.checkpoint_every=1",
        "train.workers=0",
    ]
    for name in ("audiotoken_paper", "audiotoken_code"):
        run_recipe(name, small, tmp_path / name)
        content = json.loads((tmp_path / name / "config.json").read_text())
        assert content["system"] == "audiotoken" and content["config"]["pipeline"] == str(models / "pipeline")
