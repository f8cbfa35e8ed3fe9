"""A first lesson for a small WavLM: what its convolutions say of a frame is to tell that frame's spectrum.

The published WavLM has predicted masked frames of 94,000 hours of speech before anybody distils it (Chen et al. 2022).
A small one with random weights would have to find out from a few thousand sounds which vibrations matter at all. Here
a linear layer reads the log-mel filter bank of every frame off the convolutions' features; it is thrown away, the
convolutions are kept, and `distil` goes on with them (`start`). Loudness is not asked for: the spectrum is taken
relative to the clip's loudest band, and what lies 80 dB below counts as silence.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.data.stratified import ClassFiles, stratified
from hearsight.data.waveform_augmentation import WaveformAugmentation
from hearsight.data.waveforms import Waveforms
from hearsight.encoders import wavbrivl
from hearsight.encoders.log_mel_cnn import relative
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.errors import ConfigError
from hearsight.hub.network import save_network
from hearsight.seeds import derive
from hearsight.sound.spectrum import LOG_PER_DECIBEL, kaldi_fbank
from hearsight.training.loop import TrainConfig, train

FLOOR = 80.0  # decibels
FRAME_SECONDS = 0.02  # WavLM's frames are so far apart, each 0.025 s long: the filter bank's fall into the same places


@dataclass(frozen=True)
class Recipe:
    """How the lesson goes."""

    data: Path
    """A data folder with sounds; their classes only see to it that all come up."""
    train: TrainConfig
    """The loop's settings."""
    size: Literal["pocket", "debug"] = "pocket"
    """The named size of the WavBriVL whose WavLM is taught."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 64
    """Excerpts per step and process."""
    seconds: float = 1.0
    """Length of an excerpt."""
    bands: int = 64
    """Mel bands of the spectrum."""
    augmentation: WaveformAugmentation = field(default_factory=WaveformAugmentation)
    """How sounds are changed, by default not at all."""

    def __post_init__(self) -> None:
        if self.batch < 1 or self.bands < 1:
            raise ConfigError(f"batch={self.batch}, bands={self.bands}: both must be at least 1.")


@dataclass(frozen=True, eq=False)
class Excerpts:
    """Batch n, a function of (seed, n)."""

    sounds: Waveforms
    size: int
    seed: int

    def batch(self, index: int) -> dict[str, Tensor]:
        """`waveform` [batch, time]."""
        random = np.random.default_rng(derive(self.seed, "spectrum-lesson", index))
        classes = stratified(len(self.sounds.files.labels), self.size, random)
        return {"waveform": self.sounds.heard(classes, random)["waveform"][:, 0]}


class Lesson(nn.Module):
    """The ear, of which the convolutions learn, and the layer that reads the spectrum off them."""

    def __init__(self, ear: WavBriVL, bands: int) -> None:
        super().__init__()
        self.ear = ear.requires_grad_(False)
        self.ear.wavlm.network.feature_extractor.requires_grad_(True)
        self.read = nn.Linear(ear.config.wavlm.convolution, bands)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch frame band"]:
        """The spectrum, as far as the convolutions tell it."""
        features: Tensor = self.ear.wavlm.network.feature_extractor(waveform)
        return self.read(features.mT)


class SpectrumLessonTask:
    """Mean squared error of the spectrum."""

    def __init__(self, ear: WavBriVL, bands: int) -> None:
        self.modules: nn.Module = Lesson(ear, bands)
        self.bands = bands

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The error, and the share of the spectrum's variance that is explained."""
        with torch.autocast(batch["waveform"].device.type, enabled=False):
            wanted = spectrum(batch["waveform"], self.bands)
        error = nn.functional.mse_loss(self.modules(batch["waveform"]).float(), wanted)
        return {"loss": error, "explained": 1 - error.detach() / wanted.var()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the ear, none of whose other parts has learned anything."""
        assert isinstance(modules, Lesson)
        save_network(out, "wavbrivl", modules.ear)


def spectrum(waveform: Float[Tensor, "batch time"], bands: int) -> Float[Tensor, "batch frame band"]:
    """The log-mel filter bank at 16 kHz, relative to each clip's loudest band, in [-2, 2]."""
    decibels = kaldi_fbank(waveform, bins=bands, hop_seconds=FRAME_SECONDS) / LOG_PER_DECIBEL
    return relative(decibels, FLOOR)


def run(recipe: Recipe, out: Path) -> Path:
    """Teach as `recipe` says; `out` becomes the folder of a wavbrivl for `distil` to start from."""
    torch.manual_seed(recipe.seed)
    config = wavbrivl.pocket() if recipe.size == "pocket" else wavbrivl.debug()
    window = replace(config.window, seconds=recipe.seconds)
    sounds = Waveforms(ClassFiles.find(recipe.data, "sound", "train"), window, recipe.augmentation)
    task = SpectrumLessonTask(WavBriVL(config), recipe.bands)
    train(task, Excerpts(sounds, recipe.batch, recipe.seed), recipe.train, out)
    return out
