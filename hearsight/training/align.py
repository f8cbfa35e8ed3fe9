"""Align an audio head with text and pictures: the three strategies of the thesis (section 4.3.1), and all at once.

    text            the audio head learns to say what a frozen text head says
    frozen_image    the audio head learns to say what a frozen image head says
    mutual_image    audio head and image head learn together
    all             audio, image and text head learn together, as AudioCLIP's last training does

Any AudioCLIP can be aligned. A small log-mel audio head learns from spectrograms in memory, strongly varied; the
published ESResNe(X)t-fbsp from waveforms that stay on the disk, as they are unless `waveform_augmentation` says else.

A sound's picture is any one of its class, whereas the thesis takes the video frame at which the sound begins.

The loss is AudioCLIP's symmetric cross entropy. Where classes are few, a batch holds several sounds and pictures of
one class; `positives: class` counts them all as right answers, `pair` only a sound's own picture and text as published.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from hearsight.data import pairs, words
from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.mel_clips import MelClips, RelativeLevel
from hearsight.data.picture_views import PictureFiles, VariedPictures
from hearsight.data.pictures import load_pictures
from hearsight.data.spectrograms import load_spectrograms
from hearsight.data.stratified import ClassFiles
from hearsight.data.triples import PictureSource, SoundSource, Triples
from hearsight.data.waveform_augmentation import WaveformAugmentation
from hearsight.data.waveforms import Waveforms
from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig
from hearsight.encoders.log_mel_cnn import LogMelCNN
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.errors import ConfigError, DataError
from hearsight.files import save_json
from hearsight.hub.network import load_network
from hearsight.sound.sound import Sound
from hearsight.training.align_task import HEADS, AlignTask, Positives, Strategy
from hearsight.training.loop import TrainConfig, train


@dataclass(frozen=True)
class Recipe:
    """How an audio head is aligned."""

    data: Path
    """A data folder: sounds and pictures by class, e.g. of `hearsight data make pocket`."""
    train: TrainConfig
    """The loop's settings."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    strategy: Strategy = "all"
    """Which heads there are, and which of them learn: text, frozen_image, mutual_image or all."""
    start: Path | None = None
    """Folder of an AudioCLIP to begin with; strategies with a frozen head need it. Without it weights are random."""
    size: Literal["pocket", "debug"] = "pocket"
    """Named size of a network that begins with random weights."""
    vocabulary: Path | None = None
    """Folder of CLIP's vocab.json and merges.txt, where the text head reads CLIP's tokens as the published one does."""
    seconds: float | None = None
    """Length of the waveforms that an ESResNe(X)t head hears from now on; without it, as `start` has it."""
    positives: Positives = "class"
    """What counts as a right answer: everything of the same class, or a sound's own picture and text alone. They differ
    only where a batch holds a class twice."""
    texts: Literal["varied", "name"] = "varied"
    """What a class is called: in many words, or by its plain name alone as in the thesis."""
    per_class: int = 2
    """Sounds of each class in every batch, unless `batch` says how many there are in all."""
    batch: int | None = None
    """Sounds in a batch; classes come up equally often, none twice while the batch is no larger than their number."""
    augmentation: MelAugmentation = field(default_factory=MelAugmentation)
    """How the spectrograms for a log-mel head are changed."""
    waveform_augmentation: WaveformAugmentation = field(default_factory=WaveformAugmentation)
    """How the waveforms for an ESResNe(X)t head are changed."""
    then: TrainConfig | None = None
    """A second training, of the audio head alone against the text head the first one has made."""

    def __post_init__(self) -> None:
        if self.strategy in ("text", "frozen_image") and self.start is None:
            raise ConfigError(f"strategy={self.strategy}: needs a frozen head; name its folder with start=FOLDER.")
        if self.per_class < 1:
            raise ConfigError(f"per_class={self.per_class}: a batch holds at least one sound of each class.")
        if self.batch is not None and self.batch < 2:
            raise ConfigError(f"batch={self.batch}: a contrast needs two sounds or more.")


def run(recipe: Recipe, out: Path) -> Path:
    """Align as `recipe` says; `out` becomes the folder of an AudioCLIP, with what it hears of held-out sounds."""
    torch.manual_seed(recipe.seed)
    model = begin(recipe)
    if recipe.then is None:
        _align(model, recipe, out)
    else:
        _align(model, replace(recipe, then=None), out / "heads")
        # Another seed: the second training shall not see the batches of the first one again.
        second, seed = replace(recipe.then, seed=recipe.seed + 1), recipe.seed + 1
        _align(model, replace(recipe, strategy="text", start=out / "heads", train=second, seed=seed, then=None), out)
    if any(item.split == "held_out" for item in pairs.read(recipe.data, "sound")):
        metrics = hearing(model, recipe.data)
        save_json(out / "metrics.json", metrics)
    return out


def begin(recipe: Recipe) -> AudioCLIP:
    """The AudioCLIP that training begins with, able to read. Raises ConfigError for settings that do not suit it."""
    if recipe.start is not None:
        model = load(recipe.start)
    else:
        model = AudioCLIP(audioclip.pocket() if recipe.size == "pocket" else audioclip.debug())
    config = model.config
    if config.text.tokenizer == "bytes" and recipe.vocabulary:
        raise ConfigError(f"vocabulary={recipe.vocabulary}: this text head reads bytes; leave the setting out.")
    if config.text.tokenizer == "clip":
        if recipe.vocabulary is None:
            raise ConfigError(
                f"vocabulary: the text head of {recipe.start} reads CLIP's tokens; give vocabulary=FOLDER, the folder "
                "of CLIP's vocab.json and merges.txt."
            )
        model.tokenizer = CLIPTokenizer(recipe.vocabulary, config.text.context)
    spectrograms = isinstance(model.audio, LogMelCNN)
    if spectrograms and recipe.waveform_augmentation != WaveformAugmentation():
        raise ConfigError("waveform_augmentation: this audio head learns from spectrograms; set augmentation instead.")
    if not spectrograms and recipe.augmentation != MelAugmentation():
        raise ConfigError("augmentation: this audio head learns from waveforms; set waveform_augmentation instead.")
    if recipe.seconds is not None:
        if spectrograms:
            raise ConfigError(
                f"seconds={recipe.seconds:g}: a log-mel head hears {config.window.seconds:g} s and no other length; "
                "leave the setting out."
            )
        model.config = replace(config, window=replace(config.window, seconds=recipe.seconds))
    return model


def batches(model: AudioCLIP, recipe: Recipe) -> Triples:
    """The training sounds, pictures and texts of `recipe.data`. Raises DataError where a class lacks one of them."""
    labels, sounds = _sounds(model, recipe)
    pictures = None
    if "image" in HEADS[recipe.strategy]:
        shown, pictures = _pictures(model, recipe)
        if shown != labels:
            odd = min(set(shown) ^ set(labels))
            raise DataError(f"{recipe.data}: {odd!r} has sounds or pictures only; every class needs both.")
    texts = tuple(words.texts(label) if recipe.texts == "varied" else (words.name(label),) for label in labels)
    assert model.tokenizer is not None  # `begin` saw to it
    size = recipe.batch or recipe.per_class * len(labels)
    return Triples(sounds, pictures, texts, model.tokenizer, size, recipe.seed)


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
    """The AudioCLIP in a folder that `run` or `save_network` made, ready to hear."""
    return load_network(folder, "audioclip", AudioCLIP, AudioCLIPConfig)


def _align(model: AudioCLIP, recipe: Recipe, out: Path) -> None:
    train(AlignTask(model, recipe.strategy, recipe.positives), batches(model, recipe), recipe.train, out)


def _sounds(model: AudioCLIP, recipe: Recipe) -> tuple[tuple[str, ...], SoundSource]:
    """The classes there are, and what draws their sounds."""
    ear = model.audio
    if isinstance(ear, LogMelCNN):
        sounds = load_spectrograms(recipe.data, "train", ear.config.log_mel)
        return sounds.labels, MelClips(sounds, ear.config.frames, RelativeLevel(ear.config.floor), recipe.augmentation)
    files = ClassFiles.find(recipe.data, "sound", "train")
    return files.labels, Waveforms(files, model.config.window, recipe.waveform_augmentation)


def _pictures(model: AudioCLIP, recipe: Recipe) -> tuple[tuple[str, ...], PictureSource]:
    """The classes there are, and what draws their pictures."""
    if isinstance(model.audio, LogMelCNN):
        pictures = load_pictures(recipe.data, "train", model.config.image.size)
        return pictures.labels, VariedPictures(pictures)
    files = ClassFiles.find(recipe.data, "picture", "train")
    return files.labels, PictureFiles(files, model.image)
