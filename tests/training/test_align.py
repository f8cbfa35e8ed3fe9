import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.config import read_yaml
from hearsight.data import pairs
from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.pairs import Item
from hearsight.data.waveform_augmentation import WaveformAugmentation
from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.errors import ConfigError, DataError
from hearsight.hub.network import save_network
from hearsight.training import align, recipe
from hearsight.training.align import Recipe
from hearsight.training.align_task import TRAINED, AlignTask
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
    batches = align.batches(AudioCLIP(audioclip.debug()), settings)
    first, again, second = batches.batch(0), batches.batch(0), batches.batch(1)
    assert torch.bincount(first["classes"]).tolist() == [3, 3, 3]
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["spectrogram"], second["spectrogram"])
    assert first["spectrogram"].shape == (9, 32, audioclip.debug().audio.frames)
    assert first["pixels"].shape == (9, 3, 32, 32)


@pytest.mark.parametrize("strategy", ["text", "frozen_image", "mutual_image", "all"])
def test_only_the_heads_of_the_strategy_learn(data, tmp_path, strategy):
    torch.manual_seed(0)
    model = AudioCLIP(audioclip.debug())
    settings = debug_recipe(data, strategy=strategy, start=tmp_path)
    task = AlignTask(model, settings.strategy, settings.positives)
    scalars = task.loss(align.batches(model, settings).batch(0))
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
    AlignTask(model, settings.strategy, settings.positives).loss(align.batches(model, settings).batch(0))
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.image.named_buffers())


def test_pair_positives_without_mix_up_give_the_published_loss(data):
    torch.manual_seed(0)
    model = AudioCLIP(audioclip.debug()).eval()
    settings = debug_recipe(data, positives="pair")
    settings = replace(settings, augmentation=replace(settings.augmentation, mix_up=0.0))
    batch = align.batches(model, settings).batch(0)
    scalars = AlignTask(model, settings.strategy, settings.positives).loss(batch)
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
        align.batches(AudioCLIP(audioclip.debug()), debug_recipe(tmp_path))


# The published form of an audio head, from waveforms -----------------------------------------------------------------


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    """The folder of a random AudioCLIP in the published form."""
    torch.manual_seed(1)
    return save_network(tmp_path_factory.mktemp("start"), "audioclip", AudioCLIP(audioclip.debug_fbsp()))


@pytest.mark.parametrize("strategy", ["text", "frozen_image", "mutual_image", "all"])
def test_the_published_form_takes_steps_by_every_strategy(data, start, tmp_path, strategy):
    train = TrainConfig(steps=2, learning_rate=1e-3, ema=0.9)
    settings = debug_recipe(data, strategy=strategy, start=start, batch=2, texts="name", positives="pair", train=train)
    out = align.run(replace(settings, seconds=0.25), tmp_path)
    before, after = align.load(start).state_dict(), align.load(out).state_dict()
    moved = {name.split(".")[0] for name, weight in after.items() if not torch.equal(weight, before[name])}
    scales = {name for name in moved if name.startswith("scale")}
    assert moved - scales == set(TRAINED[strategy])
    assert align.load(out).config.window == replace(audioclip.debug_fbsp().window, seconds=0.25)
    assert json.loads((out / "metrics.json").read_text())["sounds"] == 3


def test_resuming_the_published_form_repeats_the_uninterrupted_training(data, start, tmp_path):
    train = TrainConfig(steps=4, learning_rate=1e-3, decay="constant", checkpoint_every=1)
    augmentation = WaveformAugmentation(shift=0.5, gain=6, mix_up=0.3)
    settings = debug_recipe(data, strategy="mutual_image", start=start, train=train, waveform_augmentation=augmentation)
    whole = align.run(settings, tmp_path / "whole")
    align.run(replace(settings, train=replace(train, steps=2)), tmp_path / "parts")
    parts = align.run(settings, tmp_path / "parts")
    one, two = (align.load(folder).state_dict() for folder in (whole, parts))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not torch.equal(one["audio.fc.weight"], align.load(start).state_dict()["audio.fc.weight"])


def test_waveform_batches_are_cut_by_the_window_and_know_one_name(data, start):
    settings = debug_recipe(data, strategy="frozen_image", start=start, batch=2, texts="name", seconds=0.25)
    model = align.begin(settings)
    batch = align.batches(model, settings).batch(0)
    assert batch["waveform"].shape == (2, 1, 2000) and batch["pixels"].shape == (2, 3, 32, 32)
    assert len(set(batch["classes"].tolist())) == 2
    names = model.tokenizer([sorted(TONES)[label] for label in batch["classes"]])
    assert torch.equal(batch["tokens"], names)


def test_without_held_out_sounds_nothing_is_measured(data, start, tmp_path):
    pairs.write_manifest(
        tmp_path, [replace(item, path=str(data / item.path)) for item in pairs.read(data, None, "train")]
    )
    out = align.run(debug_recipe(tmp_path, strategy="text", start=start, batch=2), tmp_path / "out")
    assert (out / "audioclip.safetensors").is_file() and not (out / "metrics.json").exists()


@pytest.fixture
def clip_start(tmp_path) -> Path:
    """One whose text head reads CLIP's tokens."""
    config = audioclip.debug_fbsp()
    model = AudioCLIP(replace(config, text=replace(config.text, tokenizer="clip")))
    return save_network(tmp_path / "start", "audioclip", model)


def test_clips_text_head_needs_its_vocabulary(data, clip_start):
    with pytest.raises(ConfigError, match=r"reads CLIP's tokens; give vocabulary=FOLDER"):
        align.begin(debug_recipe(data, strategy="text", start=clip_start))


def test_clips_text_head_reads_by_its_vocabulary(data, clip_start, tmp_path):
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (tmp_path / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    settings = debug_recipe(data, strategy="text", start=clip_start, batch=3, texts="name", vocabulary=tmp_path)
    out = align.run(settings, tmp_path / "out")
    assert align.load(out).config.text.tokenizer == "clip"
    assert json.loads((out / "metrics.json").read_text())["sounds"] == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"vocabulary": Path("somewhere")}, "vocabulary=somewhere: this text head reads bytes"),
        ({"augmentation": MelAugmentation(speed=1.1)}, "augmentation: this audio head learns from waveforms"),
    ],
)
def test_settings_that_do_not_suit_the_published_form_are_named(data, start, wrong, message):
    with pytest.raises(ConfigError, match=message):
        align.begin(debug_recipe(data, start=start, **wrong))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"seconds": 4.0}, "seconds=4: a log-mel head hears 1 s and no other length"),
        ({"waveform_augmentation": WaveformAugmentation(gain=6)}, "waveform_augmentation: .* set augmentation instead"),
    ],
)
def test_settings_that_do_not_suit_a_log_mel_head_are_named(data, wrong, message):
    with pytest.raises(ConfigError, match=message):
        align.begin(debug_recipe(data, **wrong))


def test_a_contrast_needs_two(data):
    with pytest.raises(ConfigError, match="batch=1"):
        debug_recipe(data, batch=1)


def test_the_recipe_of_the_thesis():
    values = read_yaml(recipe.find("thesis_align"))
    assert values.pop("task") == "align"
    resolved = recipe.resolve(Recipe, values)
    assert (resolved.strategy, resolved.batch, resolved.seconds, resolved.texts) == ("text", 10, 4.0, "name")
    assert resolved.train.steps == round(5 * 62986 / 10)
    assert resolved.waveform_augmentation == WaveformAugmentation()
