"""Real distillations of tiny ears: what learns, what is cached, resuming with queues, what is written."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.data.waveform_augmentation import WaveformAugmentation
from hearsight.encoders import brivl_image, clip, wav2clip, wavbrivl
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.one_by_one import unit
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.errors import ConfigError, DataError
from hearsight.hub.network import load_network, save_network
from hearsight.training import distil, recipe
from hearsight.training.config import TrainConfig
from hearsight.training.contrastive_loss import ContrastConfig, brivl
from hearsight.training.distil import Recipe
from hearsight.training.distil_task import DistilTask, Ear
from hearsight.training.loop import train

TONES = {"low": 300.0, "middle": 1200.0, "high": 3000.0}
QUEUE = replace(brivl(), queue=16, positives="class")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three tones and three colours."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    items = []
    for number, (label, hertz) in enumerate(TONES.items()):
        for take in range(4):
            split = "held_out" if take == 3 else "train"
            phase = 2 * np.pi * hertz * random.uniform(0.97, 1.03) * np.arange(9600) / 16000
            sound, picture = f"{label}{take}.wav", f"{label}{take}.png"
            soundfile.write(folder / sound, 0.3 * np.sin(phase) + random.normal(0, 0.01, 9600), 16000)
            pixels = np.full((40, 40, 3), 20, np.uint8)
            pixels[..., number] = 150 + 20 * take
            Image.fromarray(pixels).save(folder / picture)
            items += [
                Item(sound, "sound", label, split, f"{label}{take}"),  # type: ignore[arg-type]
                Item(picture, "picture", label, split, f"{label}{take}"),  # type: ignore[arg-type]
            ]
    pairs.write_manifest(folder, items)
    return folder


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The folders of a random CLIP and a random BriVL."""
    torch.manual_seed(5)
    place = tmp_path_factory.mktemp("eyes")
    save_network(place / "clip", "clip", CLIP(clip.debug()))
    save_network(place / "brivl", "brivl_image", BriVLImage(brivl_image.debug()))
    return {"wav2clip": str(place / "clip"), "wavbrivl": str(place / "brivl")}


@pytest.fixture
def settings(data: Path, eyes: dict[str, str]) -> Callable[..., Recipe]:
    def make(ear: str = "wav2clip", steps: int = 2, **others: object) -> Recipe:
        loop = TrainConfig(steps=steps, learning_rate=3e-3, checkpoint_every=2, log_every=steps, keep=9)
        values = {"data": data, "eye": eyes[ear], "train": loop, "ear": ear, "size": "debug", "batch": 6}
        values |= {"update_wavlm": True if ear == "wavbrivl" else None, **others}
        return Recipe(**values)  # type: ignore[arg-type]

    return make


def make(chosen: Recipe) -> tuple[Ear, distil.SeenSounds]:
    torch.manual_seed(0)
    ear = distil.begin(chosen)
    return ear, distil.make_batches(distil.open_eye(chosen.eye), ear, chosen)


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name, value in after.items() if not torch.equal(value, before[name])}


def test_a_batch_is_a_function_of_its_number(settings: Callable[..., Recipe]) -> None:
    ear, batches = make(settings(views=3))
    first, again, second = batches.batch(0), batches.batch(0), batches.batch(1)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["waveform"], second["waveform"])
    assert first["waveform"].shape == (6, ear.config.window.length) and first["picture"].shape == (6, 16)
    assert sorted(first["classes"][:, 0].tolist()) == [0, 0, 1, 1, 2, 2]
    assert torch.equal(first["classes"][:, 0], first["classes"][:, 1])


def test_an_excerpt_may_be_shorter_than_the_window(settings: Callable[..., Recipe]) -> None:
    ear, batches = make(settings(seconds=0.2))
    assert batches.batch(0)["waveform"].shape == (6, round(0.2 * ear.config.window.rate))
    assert ear.config.window.seconds == 0.5  # what it hears when it is used


def test_the_tower_looks_once_at_every_view(
    settings: Callable[..., Recipe], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings("wavbrivl", views=3, seed=8)
    _, batches = make(chosen)
    picture = data / batches.pairs.pictures[4]
    eye = distil.open_eye(chosen.eye)
    with torch.no_grad(), Image.open(picture) as image:
        plain = eye.encode_image(eye.prepare(image)[None])[0]
    rows = [batches.seen.row("embedding", 4, view) for view in range(3)]
    torch.testing.assert_close(rows[0], plain, rtol=1e-4, atol=1e-5)
    assert not torch.equal(rows[0], rows[1]) and not torch.equal(rows[1], rows[2])

    def never(*arguments: object) -> Tensor:
        raise AssertionError("looked twice")

    monkeypatch.setattr(BriVLImage, "encode_image", never)
    _, again = make(chosen)
    assert torch.equal(again.seen.row("embedding", 4), batches.seen.row("embedding", 4))
    with pytest.raises(AssertionError, match="looked twice"):
        make(replace(chosen, seed=9))  # other views


def test_mixed_sounds_have_mixed_pictures_and_both_classes(settings: Callable[..., Recipe]) -> None:
    _, mixing = make(settings(augmentation=WaveformAugmentation(mix_up=1.0), pairing="group"))
    mixed, plain = mixing.batch(3), replace(mixing, augmentation=WaveformAugmentation()).batch(3)
    for row in range(6):
        own, other = mixed["classes"][row].tolist()
        assert own == int(plain["classes"][row, 0])
        # The mixed picture lies between its own and one of the other's class.
        gaps = []
        for partner in range(6):
            way = plain["picture"][partner] - plain["picture"][row]
            share = (mixed["picture"][row] - plain["picture"][row]) @ way / (way @ way).clamp(min=1e-9)
            gap = (plain["picture"][row] + share * way - mixed["picture"][row]).norm()
            if plain["classes"][partner, 0] == other and 0 <= share <= 0.5 + 1e-4:
                gaps.append(float(gap))
        assert min(gaps) < 1e-4


def test_the_mean_of_a_sounds_own_frames(settings: Callable[..., Recipe], data: Path) -> None:
    _, batches = make(settings(shown="mean"))
    row = batches.batch(0)
    label = int(row["classes"][0, 0])
    sound = int(np.flatnonzero(batches.pairs.classes == label)[0])
    mean = torch.stack([batches.seen.row("embedding", int(one), 0) for one in batches.pairs.shown[sound]]).mean(dim=0)
    torch.testing.assert_close(row["picture"][0], mean)


@pytest.mark.parametrize(("ear", "contrast"), [("wav2clip", ContrastConfig()), ("wavbrivl", QUEUE)])
def test_gradients_reach_the_whole_ear_and_nothing_slow(
    settings: Callable[..., Recipe], ear: str, contrast: ContrastConfig
) -> None:
    network, batches = make(settings(ear, contrast=contrast))
    task = DistilTask(network, contrast)
    task.modules.train()
    task.loss(batches.batch(0))["loss"].backward()
    learning = {name for name, weight in task.modules.named_parameters() if weight.requires_grad}
    assert learning == {name for name, _ in task.modules.named_parameters() if "slow" not in name}
    assert {name for name, weight in task.modules.named_parameters() if weight.grad is not None} == learning


def test_a_frozen_wavlm_stays_and_is_there_once(settings: Callable[..., Recipe], tmp_path: Path) -> None:
    torch.manual_seed(1)
    start = save_network(tmp_path / "start", "wavbrivl", WavBriVL(wavbrivl.debug()))
    chosen = settings("wavbrivl", contrast=QUEUE, start=start, update_wavlm=False)
    network, batches = make(chosen)
    task = DistilTask(network, QUEUE)
    slow = task.distillation.slow
    assert isinstance(slow, WavBriVL) and isinstance(network, WavBriVL) and slow.wavlm is network.wavlm
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train(task, batches, chosen.train, tmp_path / "out")
    changed = moved(before, network.state_dict())
    assert changed and not any(name.startswith("wavlm.") for name in changed)
    weights = load_file(tmp_path / "out/checkpoints/step-000002/weights.safetensors")
    assert not torch.equal(weights["slow.narrow.weight"], weights["ear.narrow.weight"])


@pytest.mark.parametrize("ear", ["wav2clip", "wavbrivl"])
def test_resuming_with_queues_is_exact(settings: Callable[..., Recipe], tmp_path: Path, ear: str) -> None:
    chosen = settings(ear, steps=5, contrast=QUEUE)
    distil.run(chosen, tmp_path / "straight")
    shutil.copytree(tmp_path / "straight/checkpoints/step-000002", tmp_path / "again/checkpoints/step-000002")
    distil.run(chosen, tmp_path / "again")
    for file in ("weights", "optimiser"):
        ends = (tmp_path / way / f"checkpoints/step-000005/{file}.safetensors" for way in ("straight", "again"))
        one, two = map(load_file, ends)
        assert one.keys() == two.keys() and not moved(one, two)
    begun = load_file(tmp_path / "straight/checkpoints/step-000002/weights.safetensors")
    ended = load_file(tmp_path / "again/checkpoints/step-000005/weights.safetensors")
    for term in ("by_features", "by_embeddings"):
        for side in ("first", "second"):
            assert int(ended[f"loss.{term}.{side}.oldest"]) == 5 * 6 % 16
            assert begun[f"loss.{term}.{side}.classes"].min() == -1  # two batches leave some of the random keys
            assert ended[f"loss.{term}.{side}.classes"].min() == 0


def test_it_learns_to_hear_colours_and_leaves_an_ear(data: Path, eyes: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "recipe.yaml"
    source.write_text(
        f"task: distil\ndata: {data}\neye: {eyes['wav2clip']}\near: wav2clip\nsize: debug\nbatch: 12\n"
        "contrast: {positives: class}\naugmentation: {shift: 1.0}\n"
        "train: {steps: 60, learning_rate: 0.003, warmup: 5, checkpoint_every: 60, log_every: 60}\n"
    )
    out = recipe.run(source, [], tmp_path / "out")
    metrics = json.loads((out / "metrics.json").read_text())
    assert set(metrics["classes"]) == set(TONES) and metrics["sounds"] == metrics["pictures"] == 3
    assert metrics["recall@1"] == 1.0
    ear = load_network(out, "wav2clip", Wav2CLIP, Wav2CLIPConfig)
    assert distil.recall(ear, distil.open_eye(eyes["wav2clip"]), data) == metrics
    random = Wav2CLIP(wav2clip.debug())
    assert distil.recall(random, distil.open_eye(eyes["wav2clip"]), data)["recall@1"] < 1


def test_a_wavbrivl_is_written_too(settings: Callable[..., Recipe], tmp_path: Path) -> None:
    out = distil.run(settings("wavbrivl", contrast=QUEUE), tmp_path)
    ear = load_network(out, "wavbrivl", WavBriVL, WavBriVLConfig)
    assert ear.config.update_wavlm and (out / "metrics.json").is_file()


def test_a_sound_may_be_shown_its_name(settings: Callable[..., Recipe]) -> None:
    _, seen = make(settings())
    (_, half), (_, told) = make(settings(named=0.5)), make(settings(named=1.0))
    eye = distil.open_eye(settings().eye)
    assert isinstance(eye, CLIP)
    names = eye.read(sorted(TONES))[seen.batch(2)["classes"][:, 0]]
    torch.testing.assert_close(told.batch(2)["picture"], names)
    pictures = unit(seen.batch(2)["picture"])
    torch.testing.assert_close(half.batch(2)["picture"], (pictures + names) / 2)
    with pytest.raises(ConfigError, match=r"named=0\.5: .*brivl reads no words"):
        make(settings("wavbrivl", named=0.5))
    _, read = make(settings("wavbrivl", named=1.0, reader=settings().eye))
    torch.testing.assert_close(read.batch(2)["picture"], names)


def test_settings_that_do_not_fit_are_refused(settings: Callable[..., Recipe], eyes: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="Wav2CLIP has no WavLM"):
        settings(wavlm="somewhere")
    with pytest.raises(ConfigError, match="must know something"):
        distil.begin(settings("wavbrivl", update_wavlm=False))
    with pytest.raises(ConfigError, match=r"named=1\.5"):
        settings(named=1.5)
    with pytest.raises(ConfigError, match="there is nothing to read"):
        settings(reader=eyes["wav2clip"])
    with pytest.raises(ConfigError, match="batch=1"):
        settings(batch=1)


def test_an_eye_of_another_width_is_refused(settings: Callable[..., Recipe], tmp_path: Path) -> None:
    save_network(tmp_path / "eye", "clip", CLIP(replace(clip.debug(), embed=8)))
    with pytest.raises(ConfigError, match="embeddings of 8 numbers, a debug wav2clip has 16"):
        distil.run(settings(eye=str(tmp_path / "eye")), tmp_path / "out")


def test_something_else_is_no_eye(tmp_path: Path) -> None:
    save_network(tmp_path, "wav2clip", Wav2CLIP(wav2clip.debug()))
    with pytest.raises(ConfigError, match="holds wav2clip; give the folder of a clip or a brivl_image"):
        distil.open_eye(str(tmp_path))


def test_a_broken_picture_is_named(settings: Callable[..., Recipe], data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data", ignore=shutil.ignore_patterns(".cache"))
    (tmp_path / "data/low1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"low1\.png: not a readable picture"):
        make(settings(data=tmp_path / "data"))


# Several processes ---------------------------------------------------------------------------------------------------


class Noises:
    """Batch n of random sounds and pictures."""

    def batch(self, index: int) -> dict[str, Tensor]:
        random = torch.Generator().manual_seed(index)
        classes = torch.randint(4, (3, 1), generator=random).expand(-1, 2)
        waveform, picture = (torch.randn(3, width, generator=random) for width in (2000, 16))
        return {"waveform": waveform, "picture": picture, "classes": classes}


class Joined(Noises):
    """Batches 2n and 2n + 1 of `Noises` as one."""

    def batch(self, index: int) -> dict[str, Tensor]:
        first, second = super().batch(2 * index), super().batch(2 * index + 1)
        return {name: torch.cat((first[name], second[name])) for name in first}


def distil_noises(batches: Noises, out: Path) -> Path:
    """An ear without dropout and batch normalisation, in which rows of a batch never meet but in the loss."""
    torch.manual_seed(0)
    config = wavbrivl.debug()
    wavlm, head = replace(config.wavlm, dropout=0.0), replace(config.head, dropout=0.0)
    ear = WavBriVL(replace(config, wavlm=wavlm, head=head, update_wavlm=True))
    settings = TrainConfig(steps=4, learning_rate=1e-3, checkpoint_every=4, log_every=4)
    return train(DistilTask(ear, QUEUE), batches, settings, out)


def test_two_processes_share_their_queues_and_learn_as_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", __file__]
    path = os.pathsep.join(place for place in sys.path if place)
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([*command, str(tmp_path / "two")], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    one = load_file(distil_noises(Joined(), tmp_path / "one") / "weights.safetensors")
    two = load_file(tmp_path / "two/checkpoints/step-000004/weights.safetensors")
    assert one.keys() == two.keys()
    for name in one:
        torch.testing.assert_close(
            two[name], one[name], rtol=1e-3, atol=2e-4, msg=lambda told, name=name: f"{name}: {told}"
        )


if __name__ == "__main__":
    distil_noises(Noises(), Path(sys.argv[1]))
