"""Train a small BEATs to name sounds (Chen et al. 2022, fine-tuning): the ear of the pocket AudioToken."""

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hearsight.data import pairs
from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.mel_clips import MelClips, RandomLevel
from hearsight.data.spectrograms import load_spectrograms
from hearsight.data.stratified import stratified
from hearsight.encoders import beats
from hearsight.encoders.beats import BEATs, BEATsConfig
from hearsight.files import save_json
from hearsight.hub.folder import load_weights
from hearsight.hub.network import load_network, save_network
from hearsight.seeds import derive
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import FilterBank
from hearsight.training.loop import TrainConfig, train


@dataclass(frozen=True)
class Recipe:
    """How a BEATs learns to name sounds."""

    data: Path
    """A prepared data folder with sounds, e.g. of `hearsight data make pocket`."""
    train: TrainConfig
    """The loop's settings."""
    model: BEATsConfig = field(default_factory=beats.pocket)
    """The network; its classes are those of the data."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 60
    """Sounds per step."""
    seconds: float | None = None
    """Length of what is heard of a sound in a step, if not the network's window. Tokens know how far apart they are,
    not where: a network that learnt from short excerpts hears long ones as well, and learns sooner."""
    augmentation: MelAugmentation = field(default_factory=lambda: MelAugmentation(frames_per_second=100))
    """How sounds are changed."""
    start: Path | None = None
    """The folder of a BEATs that goes on learning, e.g. from sounds that are changed more."""


@dataclass(frozen=True, eq=False)
class NamedSounds:
    """Batch n, a function of (seed, n): every class equally often."""

    sounds: MelClips
    size: int
    seed: int

    def batch(self, index: int) -> dict[str, Tensor]:
        """What `MelClips.heard` gives, and `classes`."""
        random = np.random.default_rng(derive(self.seed, "sound-classifier", index))
        classes = stratified(len(self.sounds.sounds.labels), self.size, random)
        return {**self.sounds.heard(classes, random), "classes": torch.from_numpy(classes)}


class SoundClassifierTask:
    """Binary cross entropy of every class by itself, for a mixed sound shared between the two that it is made of."""

    def __init__(self, network: BEATs) -> None:
        self.modules: nn.Module = Logits(network)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, and the share of sounds whose likeliest class is the louder of theirs."""
        logits = self.modules(batch["spectrogram"].mT).float()
        classes, share = batch["classes"], batch["share"].float()[:, None]
        own = nn.functional.one_hot(classes, logits.shape[1]).float()
        wanted = share * own + (1 - share) * own[batch["other"]]
        loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none").sum(dim=1).mean()
        return {"loss": loss, "accuracy": (logits.argmax(dim=1) == classes).float().mean()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the network as a folder that `load_network` reads."""
        assert isinstance(modules, Logits)
        save_network(out, "beats", modules.network)


class Logits(nn.Module):
    """A BEATs whose forward pass goes from spectrograms to logits, as training wraps it."""

    def __init__(self, network: BEATs) -> None:
        super().__init__()
        self.network = network

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Logits [batch, class] of spectrograms [batch, frame, band]."""
        logits = self.network.encode(spectrogram).logits
        assert logits is not None
        return logits


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a BEATs, with what it hears of held-out sounds."""
    torch.manual_seed(recipe.seed)
    config = recipe.model
    sounds = load_spectrograms(recipe.data, "train", FilterBank(config.window.rate, config.bands))
    config = replace(config, classes=len(sounds.labels), labels=sounds.labels)
    network = BEATs(config)
    if recipe.start is None:
        expect_one(network)
    else:
        load_weights(network, recipe.start / "beats.safetensors")
    frames = config.frames_in(round((recipe.seconds or config.window.seconds) * config.window.rate))
    clips = MelClips(sounds, frames, RandomLevel(config.mean, config.deviation), recipe.augmentation)
    train(SoundClassifierTask(network), NamedSounds(clips, recipe.batch, recipe.seed), recipe.train, out)
    if any(item.split == "held_out" for item in pairs.read(recipe.data, "sound")):
        save_json(out / "metrics.json", hearing(load(out), recipe.data))
    return out


def expect_one(network: BEATs) -> None:
    """Begin where every class is as unlikely as it is, so that no step is spent on learning that."""
    assert network.predictor is not None
    nn.init.constant_(network.predictor.bias, -math.log(max(1, network.config.classes - 1)))


def load(folder: Path) -> BEATs:
    """The BEATs in a folder that `run` made, ready to hear."""
    return load_network(folder, "beats", BEATs, BEATsConfig)


def hearing(network: BEATs, data: Path) -> dict[str, Any]:
    """How often the likeliest class of held-out sounds is theirs: the mean over classes, and every class."""
    right: dict[str, list[bool]] = {}
    items = pairs.read(data, "sound", "held_out")
    for item in items:
        named = network.config.labels[int(network.classify([Sound.read(data / item.path)]).argmax())]
        right.setdefault(item.label, []).append(named == item.label)
    classes = {label: float(np.mean(answers)) for label, answers in sorted(right.items())}
    return {"accuracy": float(np.mean(list(classes.values()))), "sounds": len(items), "classes": classes}
