"""Align an audio head with text and pictures: the three strategies of the thesis (section 4.3.1), and all at once.

    text            the audio head learns to say what a frozen text head says
    frozen_image    the audio head learns to say what a frozen image head says
    mutual_image    audio head and image head learn together
    all             audio, image and text head learn together, as AudioCLIP's last training does

The loss is AudioCLIP's symmetric cross entropy. Because classes are few, a batch holds several sounds and pictures of
one class; `positives: class` counts them all as right answers, `pair` only a sound's own picture and text as published.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hearsight.data import pairs, words
from hearsight.data.mel_augmentation import SPARE, MelAugmentation, augment, excerpt, mask
from hearsight.data.pictures import Pictures, load_pictures
from hearsight.data.spectrograms import Spectrograms, load_spectrograms
from hearsight.encoders import audioclip, clip_resnet
from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig, temperature, unit
from hearsight.encoders.log_mel_cnn import LogMelCNN, relative
from hearsight.encoders.tokenizer import Tokenizer
from hearsight.errors import ConfigError, DataError
from hearsight.files import write_atomically
from hearsight.hub.network import load_network, save_network
from hearsight.seeds import derive
from hearsight.sound.sound import Sound
from hearsight.training.loop import TrainConfig, train

Strategy = Literal["text", "frozen_image", "mutual_image", "all"]
HEADS: dict[Strategy, tuple[str, ...]] = {
    "text": ("audio", "text"),
    "frozen_image": ("audio", "image"),
    "mutual_image": ("audio", "image"),
    "all": ("audio", "image", "text"),
}
TRAINED: dict[Strategy, tuple[str, ...]] = {
    "text": ("audio",),
    "frozen_image": ("audio",),
    "mutual_image": ("audio", "image"),
    "all": ("audio", "image", "text"),
}


@dataclass(frozen=True)
class Recipe:
    """How an audio head is aligned."""

    data: Path
    """A prepared data folder, e.g. of `hearsight data make pocket`."""
    train: TrainConfig
    """The loop's settings."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    strategy: Strategy = "all"
    """Which heads there are, and which of them learn."""
    start: Path | None = None
    """Folder of an AudioCLIP to begin with; strategies with a frozen head need it. Without it weights are random."""
    size: Literal["pocket", "debug"] = "pocket"
    """Named size of a network that begins with random weights."""
    positives: Literal["class", "pair"] = "class"
    """What counts as a right answer: everything of the same class, or a sound's own picture and text alone."""
    per_class: int = 2
    """Sounds of each class in every batch."""
    augmentation: MelAugmentation = field(default_factory=MelAugmentation)
    """How sounds are changed."""
    then: TrainConfig | None = None
    """A second training, of the audio head alone against the text head the first one has made."""

    def __post_init__(self) -> None:
        if self.strategy in ("text", "frozen_image") and self.start is None:
            raise ConfigError(f"strategy={self.strategy}: needs a frozen head; name its folder with start=FOLDER.")
        if self.per_class < 1:
            raise ConfigError(f"per_class={self.per_class}: a batch holds at least one sound of each class.")


def run(recipe: Recipe, out: Path) -> Path:
    """Align as `recipe` says; `out` becomes the folder of an AudioCLIP, with what it hears of unseen sounds."""
    torch.manual_seed(recipe.seed)
    model = _start(recipe)
    if recipe.then is None:
        _align(model, recipe, out)
    else:
        _align(model, replace(recipe, then=None), out / "heads")
        # Another seed: the second training shall not see the batches of the first one again.
        second, seed = replace(recipe.then, seed=recipe.seed + 1), recipe.seed + 1
        _align(model, replace(recipe, strategy="text", start=out / "heads", train=second, seed=seed, then=None), out)
    metrics = hearing(model, recipe.data)
    with write_atomically(out / "metrics.json") as partial:
        partial.write_text(json.dumps(metrics, indent=2) + "\n")
    return out


@dataclass(frozen=True, eq=False)
class AlignBatches:
    """Batch n, a function of (seed, n): every class equally often, each sound with picture and text of its class."""

    sounds: Spectrograms
    pictures: Pictures | None
    texts: tuple[tuple[str, ...], ...]
    tokenizer: Tokenizer
    frames: int
    floor: float
    recipe: Recipe

    @classmethod
    def load(cls, model: AudioCLIP, recipe: Recipe) -> "AlignBatches":
        """Read the training sounds and pictures of `recipe.data`."""
        ear = model.audio
        if not isinstance(ear, LogMelCNN) or model.tokenizer is None:
            raise ConfigError("align: trains a log-mel audio head beside a text head whose tokenizer is known.")
        sounds = load_spectrograms(recipe.data, "train", ear.config.log_mel)
        pictures = None
        if "image" in HEADS[recipe.strategy]:
            pictures = load_pictures(recipe.data, "train", model.config.image.size)
            if pictures.labels != sounds.labels:
                odd = sorted(set(pictures.labels) ^ set(sounds.labels))
                raise DataError(f"{recipe.data}: {odd[0]!r} has sounds or pictures only; every class needs both.")
        texts = tuple(words.texts(label) for label in sounds.labels)
        return cls(sounds, pictures, texts, model.tokenizer, ear.config.frames, ear.config.floor, recipe)

    def batch(self, step: int) -> dict[str, Tensor]:
        """`spectrogram`, `tokens` and `pixels` of matching rows; `classes`; what was mixed in: `other`, `share`."""
        recipe, random = self.recipe, np.random.default_rng(derive(self.recipe.seed, "align", step))
        classes = random.permutation(np.repeat(np.arange(len(self.texts)), recipe.per_class))
        spectrogram, other, share = self._heard(classes, random)
        chosen = [self.texts[label][random.integers(len(self.texts[label]))] for label in classes]
        batch = {
            "spectrogram": spectrogram,
            "other": other,
            "share": share,
            "classes": torch.from_numpy(classes),
            "tokens": self.tokenizer(chosen),
        }
        if self.pictures is not None:
            batch["pixels"] = self._seen(self.pictures, classes, random)
        return batch

    def _heard(self, classes: Int[np.ndarray, " batch"], random: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        settings, longer = self.recipe.augmentation, round(self.frames * SPARE)
        parts = [excerpt(self.sounds.draw(label, random), longer, random, settings.gap) for label in classes]
        mixed = augment(torch.from_numpy(np.stack(parts)), self.frames, settings, random)
        return mask(relative(mixed.decibels, self.floor), -2.0, settings, random), mixed.other, mixed.share

    def _seen(
        self, pictures: Pictures, classes: Int[np.ndarray, " batch"], random: np.random.Generator
    ) -> Float[Tensor, "batch 3 size size"]:
        chosen = np.array([random.choice(np.flatnonzero(pictures.classes == label)) for label in classes])
        shift = tuple(int(pixels) for pixels in random.integers(-4, 5, 2))
        pixels = torch.roll(pictures.batch(chosen), shift, dims=(2, 3))
        noise = np.float32(random.uniform(0, 0.1, (len(classes), 1, 1, 1))) * random.standard_normal(
            pixels.shape, dtype=np.float32
        )
        return clip_resnet.normalise(((pixels + torch.from_numpy(noise)) / 2 + 0.5).clamp(0, 1))


class AlignTask:
    """The symmetric contrastive loss of AudioCLIP's heads, softened where sounds were mixed or classes repeat."""

    def __init__(self, model: AudioCLIP, recipe: Recipe) -> None:
        self.model, self.recipe = model, recipe
        model.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.heads = HEADS[recipe.strategy]
        model.requires_grad_(False)
        for head in TRAINED[recipe.strategy]:
            getattr(model, head).requires_grad_(True)
        for first, second in _pairs_of(self.heads):
            if {first, second} & set(TRAINED[recipe.strategy]):
                _scale(model, first, second).requires_grad_(True)
        self.modules: nn.Module = model

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, and how often the likeliest text or picture of a sound is of its class."""
        model, classes = self.model, batch["classes"]
        for head in set(self.heads) - set(TRAINED[self.recipe.strategy]):
            getattr(model, head).eval()
        embeddings = {"audio": model.audio.encode(batch["spectrogram"])}  # type: ignore[operator]
        if "image" in self.heads:
            pixels = batch["pixels"].contiguous(memory_format=torch.channels_last)
            embeddings["image"] = model.encode_image(pixels)
        if "text" in self.heads:
            tokens = batch["tokens"]
            embeddings["text"] = model.encode_text(tokens[:, : int((tokens > 0).sum(dim=1).max())])
        units = {head: unit(embedding.float()) for head, embedding in embeddings.items()}
        alike = classes[:, None] == classes if self.recipe.positives == "class" else torch.eye(len(classes)) > 0
        right = alike.float().to(classes.device)
        share = batch["share"][:, None]
        heard = share * right + (1 - share) * right[batch["other"]]
        scalars: dict[str, Tensor] = {}
        losses = []
        with torch.autocast(classes.device.type, enabled=False):
            for first, second in _pairs_of(self.heads):
                logits = temperature(_scale(model, first, second)) * units[first] @ units[second].mT
                losses.append(soft_contrast(logits, heard if first == "audio" else right))
                if first == "audio":
                    found = classes[logits.argmax(dim=1)] == classes
                    scalars[f"accuracy_{second}"] = found.float().mean()
        # The published divisor: a single pair stays a sum of two terms, three pairs become the mean of six.
        scalars["loss"] = torch.stack(losses).sum() / (1 if len(losses) == 1 else 6)
        return scalars

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the folder of the AudioCLIP and keep its final weights for measuring."""
        save_network(out, "audioclip", modules)
        self.model.load_state_dict(modules.state_dict())
        self.model.eval()


def soft_contrast(logits: Float[Tensor, "row column"], right: Float[Tensor, "row column"]) -> Float[Tensor, ""]:
    """Cross entropy over rows plus that over columns, with the right answers of each shared out in proportion.

    With `right` the identity this is CLIP's symmetric loss (times two).
    """
    rows = right / right.sum(dim=1, keepdim=True)
    columns = right / right.sum(dim=0, keepdim=True)
    over_rows = -(rows * logits.log_softmax(dim=1)).sum(dim=1).mean()
    over_columns = -(columns * logits.log_softmax(dim=0)).sum(dim=0).mean()
    return over_rows + over_columns


def hearing(model: AudioCLIP, data: Path) -> dict[str, Any]:
    """How often querying with the class names finds the class of held-out sounds: overall, and for every class."""
    items = pairs.read(data, "sound", "held_out")
    labels = pairs.labels(items)
    model.eval()
    known = model.read([words.name(label) for label in labels])
    right: dict[str, list[bool]] = {label: [] for label in labels}
    for item in items:
        answer = labels[int((model.hear([Sound.read(data / item.path)]) @ known.mT).argmax())]
        right[item.label].append(answer == item.label)
    classes = {label: float(np.mean(answers)) for label, answers in right.items()}
    return {"accuracy": float(np.mean(list(classes.values()))), "sounds": len(items), "classes": classes}


def load(folder: Path) -> AudioCLIP:
    """The AudioCLIP in a folder that `run` made, ready to hear."""
    return load_network(folder, "audioclip", AudioCLIP, AudioCLIPConfig)


def _align(model: AudioCLIP, recipe: Recipe, out: Path) -> None:
    train(AlignTask(model, recipe), AlignBatches.load(model, recipe), recipe.train, out)


def _start(recipe: Recipe) -> AudioCLIP:
    if recipe.start is not None:
        return load(recipe.start)
    return AudioCLIP(audioclip.pocket() if recipe.size == "pocket" else audioclip.debug())


def _pairs_of(heads: Sequence[str]) -> list[tuple[str, str]]:
    return [(first, second) for index, first in enumerate(heads) for second in heads[index + 1 :]]


def _scale(model: AudioCLIP, first: str, second: str) -> nn.Parameter:
    scale: nn.Parameter = getattr(model, f"scale_{first}_{second}")
    return scale
