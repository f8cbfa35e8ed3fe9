import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

from hearsight.data import pairs
from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.pairs import Item
from hearsight.encoders import beats
from hearsight.encoders.beats import BEATs
from hearsight.errors import WeightsError
from hearsight.training import sound_classifier
from hearsight.training.config import TrainConfig
from hearsight.training.sound_classifier import Recipe, SoundClassifierTask


@pytest.fixture
def data(tmp_path):
    """Low and high tones, each a little different."""
    random = np.random.default_rng(0)
    items = []
    for split, count in (("train", 6), ("held_out", 3)):
        for label, frequency in (("high", 3000), ("low", 300)):
            for number in range(count):
                turns = frequency * random.uniform(0.9, 1.1) * np.arange(16000) / 16000
                path = f"{split}-{label}-{number}.wav"
                noisy = 0.4 * np.sin(2 * np.pi * turns) + random.normal(0, 0.01, 16000)
                soundfile.write(tmp_path / path, noisy, 16000)
                items.append(Item(path, "sound", label, split))
    pairs.write_manifest(tmp_path, items)
    return tmp_path


def recipe(data, steps: int, **settings) -> Recipe:
    train = TrainConfig(steps=steps, learning_rate=5e-3, log_every=steps, checkpoint_every=steps)
    augmentation = MelAugmentation(frames_per_second=100, pitch=0, tract=0, mix_up=0.2, masks=0)
    return Recipe(data, train, beats.debug(), batch=8, augmentation=augmentation, **settings)


def test_it_learns_to_name_sounds_it_has_never_heard(data, tmp_path):
    out = sound_classifier.run(recipe(data, 60), tmp_path / "out")
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics == {"accuracy": 1.0, "sounds": 6, "classes": {"high": 1.0, "low": 1.0}}
    assert sound_classifier.load(out).config.labels == ("high", "low")


def test_the_loss_shares_a_mixed_sound_between_its_two_classes(data):
    network = BEATs(beats.BEATsConfig(**{**vars(beats.debug()), "classes": 3}))
    task = SoundClassifierTask(network)
    torch.nn.init.zeros_(network.predictor.weight)
    network.predictor.bias.data = torch.tensor([0.0, 1.0, -2.0])
    batch = {
        "spectrogram": torch.zeros(2, 32, 98),
        "classes": torch.tensor([1, 0]),
        "other": torch.tensor([1, 0]),
        "share": torch.tensor([0.75, 1.0]),
    }
    logits = torch.tensor([0.0, 1.0, -2.0])
    wanted = torch.tensor([[0.25, 0.75, 0.0], [1.0, 0.0, 0.0]])
    cross = -(wanted * logits.sigmoid().log() + (1 - wanted) * (1 - logits.sigmoid()).log())
    scalars = task.loss(batch)
    torch.testing.assert_close(scalars["loss"], cross.sum(dim=1).mean())
    assert scalars["accuracy"] == 0.5


def test_short_excerpts_teach_it_as_well(data, tmp_path):
    out = sound_classifier.run(recipe(data, 60, seconds=0.5), tmp_path / "out")
    assert json.loads((out / "metrics.json").read_text())["accuracy"] == 1.0


def test_it_begins_with_every_class_as_unlikely_as_it_is():
    network = BEATs(replace(beats.debug(), classes=20))
    sound_classifier.expect_one(network)
    torch.testing.assert_close(network.predictor.bias.sigmoid(), torch.full((20,), 0.05))


def test_a_trained_one_goes_on_from_where_it_was(data, tmp_path):
    first = sound_classifier.run(recipe(data, 60), tmp_path / "first")
    one_step = replace(recipe(data, 1, start=first), train=TrainConfig(steps=1, learning_rate=1e-9, log_every=1))
    again = sound_classifier.run(one_step, tmp_path / "again")
    assert json.loads((again / "metrics.json").read_text())["accuracy"] == 1.0
    with pytest.raises(WeightsError, match="encoder"):
        sound_classifier.run(replace(one_step, model=replace(beats.debug(), layers=2, joined=(0, 1))), tmp_path / "no")
