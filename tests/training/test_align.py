import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP, contrast
from hearsight.errors import ConfigError, DataError
from hearsight.training import align, recipe
from hearsight.training.align import AlignBatches, AlignTask, Recipe, soft_contrast
from hearsight.training.config import TrainConfig

TONES = {"low": 300.0, "middle": 1500.0, "high": 6000.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Three tones and three colours."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    items = []
    for number, (label, hertz) in enumerate(TONES.items()):
        for take in range(4):
            split = "held_out" if take == 3 else "train"
            phase = 2 * np.pi * hertz * random.uniform(0.97, 1.03) * np.arange(22050) / 22050
            sound, picture = f"{label}{take}.wav", f"{label}{take}.png"
            soundfile.write(folder / sound, 0.3 * np.sin(phase) + random.normal(0, 0.003, 22050), 22050)
            pixels = np.zeros((40, 40, 3), np.uint8)
            pixels[..., number] = 150 + 20 * take
            Image.fromarray(pixels).save(folder / picture)
            items += [Item(sound, "sound", label, split), Item(picture, "picture", label, split)]  # type: ignore[arg-type]
    pairs.write_manifest(folder, items)
    return folder


def debug_recipe(data: Path, **settings: object) -> Recipe:
    train = TrainConfig(steps=2, learning_rate=1e-3)
    return Recipe(**{"data": data, "train": train, "size": "debug", **settings})  # type: ignore[arg-type]


def test_batches_hold_every_class_equally_and_are_functions_of_their_number(data):
    settings = debug_recipe(data, per_class=3)
    batches = AlignBatches.load(AudioCLIP(audioclip.debug()), settings)
    first, again, second = batches.batch(0), batches.batch(0), batches.batch(1)
    assert torch.bincount(first["classes"]).tolist() == [3, 3, 3]
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["spectrogram"], second["spectrogram"])
    assert first["spectrogram"].shape == (9, 32, audioclip.debug().audio.frames)
    assert first["pixels"].shape == (9, 3, 32, 32)


def test_soft_contrast_with_one_right_answer_each_is_the_published_loss():
    logits = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(soft_contrast(logits, torch.eye(5)), contrast(logits))


def test_soft_contrast_is_least_where_the_logits_say_what_is_right():
    classes = torch.tensor([0, 0, 1, 1])
    right = (classes[:, None] == classes).float()
    perfect = soft_contrast(100 * right, right)
    assert perfect == pytest.approx(2 * math.log(2))
    assert soft_contrast(100 * torch.eye(4), right) > perfect + 1


@pytest.mark.parametrize("strategy", ["text", "frozen_image", "mutual_image", "all"])
def test_only_the_heads_of_the_strategy_learn(data, tmp_path, strategy):
    torch.manual_seed(0)
    model = AudioCLIP(audioclip.debug())
    settings = debug_recipe(data, strategy=strategy, start=tmp_path)
    task = AlignTask(model, settings)
    scalars = task.loss(AlignBatches.load(model, settings).batch(0))
    scalars["loss"].backward()
    learning = {
        name.split(".")[0] for name, weight in model.named_parameters() if weight.grad is not None and weight.grad.any()
    }
    expected = {
        "text": {"audio", "scale_audio_text"},
        "frozen_image": {"audio", "scale_audio_image"},
        "mutual_image": {"audio", "image", "scale_audio_image"},
        "all": {"audio", "image", "text", "scale_audio_image", "scale_audio_text", "scale_image_text"},
    }
    assert learning == expected[strategy]
    unused = [name for name, weight in model.named_parameters() if weight.requires_grad and weight.grad is None]
    assert not unused


def test_a_frozen_heads_running_statistics_stay_frozen(data, tmp_path):
    model = AudioCLIP(audioclip.debug()).train()
    settings = debug_recipe(data, strategy="frozen_image", start=tmp_path)
    before = {name: buffer.clone() for name, buffer in model.image.named_buffers()}
    AlignTask(model, settings).loss(AlignBatches.load(model, settings).batch(0))
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.image.named_buffers())


def test_pair_positives_without_mix_up_give_the_published_loss(data):
    torch.manual_seed(0)
    model = AudioCLIP(audioclip.debug()).eval()
    settings = debug_recipe(data, positives="pair")
    settings = replace(settings, augmentation=replace(settings.augmentation, mix_up=0.0))
    batch = AlignBatches.load(model, settings).batch(0)
    scalars = AlignTask(model, settings).loss(batch)
    audio, image = model.audio.encode(batch["spectrogram"]), model.encode_image(batch["pixels"])
    published = model.loss(audio, image, model.encode_text(batch["tokens"]))
    torch.testing.assert_close(scalars["loss"], published, atol=1e-5, rtol=1e-5)


def test_it_learns_to_hear_and_leaves_a_folder_that_hears_the_same(data, tmp_path):
    source = tmp_path / "recipe.yaml"
    source.write_text(
        f"task: align\ndata: {data}\nsize: debug\nper_class: 6\n"
        "train: {steps: 60, learning_rate: 0.01, warmup: 5, checkpoint_every: 60, log_every: 60}\n"
    )
    out = recipe.run(source, [], tmp_path / "out")
    metrics = json.loads((out / "metrics.json").read_text())
    assert set(metrics["classes"]) == set(TONES) and metrics["sounds"] == 3
    assert metrics["accuracy"] == 1.0
    again = align.load(out)
    assert align.hearing(again, data) == metrics


def test_a_second_training_moves_the_audio_head_alone(data, tmp_path):
    train = TrainConfig(steps=2, learning_rate=1e-3)
    out = align.run(debug_recipe(data, then=train), tmp_path)
    first, second = (align.load(folder).state_dict() for folder in (out / "heads", out))
    moved = {name.split(".")[0] for name, weight in second.items() if not torch.equal(weight, first[name])}
    assert moved == {"audio", "scale_audio_text"}


def test_a_frozen_head_must_come_from_somewhere(data):
    with pytest.raises(ConfigError, match="start=FOLDER"):
        debug_recipe(data, strategy="text")


def test_a_class_without_pictures_is_named(data, tmp_path):
    items = [item for item in pairs.read(data) if (item.kind, item.label) != ("picture", "high")]
    for item in items:
        (tmp_path / item.path).write_bytes((data / item.path).read_bytes())
    pairs.write_manifest(tmp_path, items)
    with pytest.raises(DataError, match="'high'"):
        AlignBatches.load(AudioCLIP(audioclip.debug()), debug_recipe(tmp_path))
