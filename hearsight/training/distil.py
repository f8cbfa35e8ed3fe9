"""Distil an ear from a frozen image tower: Wav2CLIP from CLIP, WavBriVL's audio encoder from BriVL.

Wu et al., "Wav2CLIP" (2022), section 2; Fang et al., "New Audio Representations Image GAN Generation from BriVL"
(2023), sections 2.2 and 2.3. The tower looks at every picture once, before training (see `data/seen_sounds.py` for the
policy with augmented views); a step costs hearing alone. The loss is CXLoss, see `contrastive_loss.py`.

Where the papers differ from their code or leave something open:

- Wav2CLIP's code offers the loss without projections as well; the published weights have one, so they came of CXLoss.
- The spectrogram is standardised clip by clip, not over the batch as in Wav2CLIP's code.
- Wav2CLIP divides its rate of learning by ten when the validation loss no longer falls; here it follows a cosine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.data import pairs, words
from hearsight.data.picture_augmentation import PictureAugmentation
from hearsight.data.seen_sounds import SeenSounds, Views
from hearsight.data.token_pairs import Pairing, SoundsWithPictures
from hearsight.data.waveform_augmentation import WaveformAugmentation
from hearsight.encoders import wav2clip, wavbrivl
from hearsight.encoders.clip import CLIP
from hearsight.encoders.one_by_one import unit
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.encoders.wavlm import WavLM
from hearsight.errors import ConfigError
from hearsight.files import save_json
from hearsight.hub.network import load_network
from hearsight.sound.sound import Sound
from hearsight.training.contrastive_loss import ContrastConfig
from hearsight.training.distil_task import DistilTask, Ear
from hearsight.training.frozen_eye import Eye, look_at, open_eye
from hearsight.training.loop import TrainConfig, train

SIZES: dict[str, Any] = {"wav2clip": wav2clip, "wavbrivl": wavbrivl}
"""The modules with the named sizes of each ear."""


@dataclass(frozen=True)
class Recipe:
    """How an ear is distilled."""

    data: Path
    """A data folder with sounds and pictures."""
    eye: str
    """The image tower: the folder of a trained clip or brivl_image, BriVL's published .pth file, or a CLIP in
    transformers' layout (a folder or a hub id such as openai/clip-vit-base-patch32)."""
    train: TrainConfig
    """The loop's settings."""
    ear: Literal["wav2clip", "wavbrivl"] = "wav2clip"
    """What learns to hear."""
    size: Literal["published", "pocket", "debug"] = "pocket"
    """Its named size."""
    seed: int = 0
    """Seed of the weights, of the pictures' views and of every batch."""
    batch: int = 64
    """Sounds per step and process."""
    seconds: float | None = None
    """Length of what is heard of a sound in a step, if not the ear's window. An ear averages over time: one that learnt
    from short excerpts hears long ones as well, and learns sooner."""
    start: Path | None = None
    """Folder of an ear to begin with; without it weights are random."""
    wavlm: str | None = None
    """WavLM's weights: its published .pt file, or transformers' layout (a folder or a hub id)."""
    update_wavlm: bool | None = None
    """Whether WavLM learns, too; by default as the size has it."""
    contrast: ContrastConfig = field(default_factory=ContrastConfig)
    """The contrastive loss."""
    pairing: Pairing = "label"
    """A sound's pictures: all of its class, or those of its own `group` (of its video)."""
    shown: Literal["one", "mean"] = "one"
    """One of them at a time, or the mean of what the tower says to all of them, as Wav2CLIP takes a video's frames."""
    named: float = 0.0
    """Share, in what a sound is shown, of its class's name as a text tower reads it; papers do without. Names tell
    classes apart whose pictures look alike."""
    reader: str | None = None
    """The folder of a clip that reads the names, in whose space the image tower sees; by default the tower itself."""
    views: int = 1
    """How often the tower looks at each picture: as it is, and then with `picture_augmentation`."""
    picture_augmentation: PictureAugmentation = field(default_factory=PictureAugmentation)
    """How further views are changed, by default as in BriVL."""
    augmentation: WaveformAugmentation = field(default_factory=WaveformAugmentation)
    """How sounds are changed, by default not at all."""

    def __post_init__(self) -> None:
        for name in ("batch", "views"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}={getattr(self, name)}: must be at least 1.")
        if not 0 <= self.named <= 1:
            raise ConfigError(f"named={self.named}: a share, from 0 to 1.")
        if self.reader and not self.named:
            raise ConfigError(f"reader={self.reader}: there is nothing to read; set named, e.g. named=0.5.")
        if self.contrast.negatives == "batch" and self.batch < 2:
            raise ConfigError(f"batch={self.batch}: a contrast within a batch needs two sounds or more.")
        if self.ear == "wav2clip" and (self.wavlm is not None or self.update_wavlm is not None):
            raise ConfigError(
                "wavlm, update_wavlm: Wav2CLIP has no WavLM; leave the settings out, or set ear=wavbrivl."
            )


def run(recipe: Recipe, out: Path) -> Path:
    """Distil as `recipe` says; `out` becomes the folder of an ear, with its recall of held-out sounds beside it."""
    torch.manual_seed(recipe.seed)
    eye, ear = open_eye(recipe.eye), begin(recipe)
    if ear.config.embed != eye.config.embed:
        raise ConfigError(
            f"eye={recipe.eye}: gives embeddings of {eye.config.embed} numbers, a {recipe.size} {recipe.ear} has "
            f"{ear.config.embed}; take another size or tower."
        )
    batches = make_batches(eye, ear, recipe)

    def finished(trained: Ear, folder: Path) -> None:
        if any(item.split == "held_out" for item in pairs.read(recipe.data, "sound")):
            save_json(folder / "metrics.json", recall(trained, eye, recipe.data))

    train(DistilTask(ear, recipe.contrast, finished), batches, recipe.train, out)
    return out


def begin(recipe: Recipe) -> Ear:
    """The ear before training. Raises WeightsError for weights that cannot be read or do not fit."""
    config = getattr(SIZES[recipe.ear], recipe.size)()
    if isinstance(config, Wav2CLIPConfig):
        return load_network(recipe.start, "wav2clip", Wav2CLIP, Wav2CLIPConfig) if recipe.start else Wav2CLIP(config)
    if recipe.start:
        ear = load_network(recipe.start, "wavbrivl", WavBriVL, WavBriVLConfig)
        return _set_update(ear, recipe.update_wavlm)
    if recipe.update_wavlm is not None:
        config = replace(config, update_wavlm=recipe.update_wavlm)
    if recipe.wavlm is None and not config.update_wavlm:
        raise ConfigError("wavlm: a WavLM that does not learn must know something; name its weights, wavlm=FILE.")
    return WavBriVL(config, open_wavlm(recipe.wavlm) if recipe.wavlm else None)


def _set_update(ear: WavBriVL, update: bool | None) -> WavBriVL:
    if update is not None:
        ear.config = replace(ear.config, update_wavlm=update)
    return ear


def make_batches(eye: Eye, ear: Ear, recipe: Recipe) -> SeenSounds:
    """The batches of a recipe; what the tower sees is cached here."""
    found = SoundsWithPictures.find(recipe.data, recipe.pairing)
    window = replace(ear.config.window, seconds=recipe.seconds or ear.config.window.seconds)
    names = read_names(eye, found.labels, recipe) if recipe.named else None  # before the tower looks, for minutes
    views = Views(recipe.views, recipe.picture_augmentation, recipe.seed)
    seen = look_at(eye, recipe.data, found.pictures, views)
    return SeenSounds(
        recipe.data,
        found,
        seen,
        recipe.views,
        recipe.shown,
        window,
        recipe.augmentation,
        recipe.batch,
        recipe.seed,
        names,
        recipe.named,
    )


def read_names(eye: Eye, labels: Sequence[str], recipe: Recipe) -> Float[Tensor, "label embed"]:
    """The classes' names in the tower's space. Raises ConfigError for a tower that only sees."""
    reader = open_eye(recipe.reader) if recipe.reader else eye
    if not isinstance(reader, CLIP) or reader.tokenizer is None:
        source = recipe.reader or recipe.eye
        raise ConfigError(f"named={recipe.named}: {source} reads no words; set reader=DIR of a clip.")
    return reader.read([words.name(label) for label in labels]).cpu()


def recall(ear: Ear, eye: Eye, data: Path) -> dict[str, Any]:
    """For how many held-out sounds the most similar of all held-out pictures is of their class (recall@1).

    Raises DataError where the folder has no held-out sounds or pictures.
    """
    sounds, pictures = pairs.read(data, "sound", "held_out"), pairs.read(data, "picture", "held_out")
    seen = look_at(eye, data, tuple(item.path for item in pictures))
    shown = unit(torch.stack([seen.row("embedding", number, 0) for number in range(len(pictures))]))
    ear = ear.eval()
    right: dict[str, list[bool]] = {label: [] for label in pairs.labels(sounds)}
    for item in sounds:
        nearest = pictures[int((ear.hear([Sound.read(data / item.path)]).cpu() @ shown.mT).argmax())]
        right[item.label].append(nearest.label == item.label)
    every = [answer for answers in right.values() for answer in answers]
    classes = {label: float(np.mean(answers)) for label, answers in right.items()}
    return {"recall@1": float(np.mean(every)), "sounds": len(sounds), "pictures": len(pictures), "classes": classes}


def open_wavlm(source: str) -> WavLM:
    """A WavLM: its published file, or transformers' layout."""
    if Path(source).suffix == ".pt":
        from hearsight.hub.converters.wavlm import read_wavlm

        return read_wavlm(source)
    return WavLM.from_pretrained(source)
