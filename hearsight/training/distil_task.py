"""The task of distilling an ear from the embeddings of a frozen image tower."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.hub.network import save_network
from hearsight.training.contrastive_loss import ContrastConfig, CXLoss, Heard
from hearsight.training.momentum import follow, slow_copy

Ear = Wav2CLIP | WavBriVL


class Distillation(nn.Module):
    """The ear, the loss with all it keeps, and with queues the ear's slow copy."""

    def __init__(self, ear: Ear, config: ContrastConfig) -> None:
        super().__init__()
        self.ear = ear
        self.loss = CXLoss(config, features_of(ear), ear.config.embed)
        self.slow: Ear | None = slow_copy(ear) if config.negatives == "queue" else None
        if isinstance(self.slow, WavBriVL) and isinstance(ear, WavBriVL) and not ear.config.update_wavlm:
            self.slow.wavlm = ear.wavlm  # it does not move, so one is enough


class DistilTask:
    """CXLoss of an ear; a batch is that of `data.seen_sounds.SeenSounds`."""

    def __init__(self, ear: Ear, config: ContrastConfig, finished: Callable[[Ear, Path], None] | None = None) -> None:
        """`finished` is called with the trained ear and its folder once the ear has been written."""
        let_learn(ear)
        self.distillation = Distillation(ear, config)
        self.modules: nn.Module = self.distillation
        self.finished = finished

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, and how often the most similar picture of the batch is of the sound's class."""
        modules, picture, classes = self.distillation, batch["picture"], batch["classes"]
        perceived = perceive(modules.ear, batch["waveform"])
        heard, slowly_heard = hear(modules.ear, perceived), None
        if modules.slow is not None:
            with torch.no_grad():
                if modules.training:
                    follow(modules.slow, modules.ear, modules.loss.config.momentum)
                    modules.loss.follow()
                slowly_heard = hear(modules.slow, perceived)
        with torch.no_grad():
            nearest = nn.functional.normalize(picture, dim=1) @ heard.embedding.float().mT
            found = classes[nearest.argmax(dim=0), 0] == classes[:, 0]
        return {"loss": modules.loss(picture, heard, slowly_heard, classes), "accuracy": found.float().mean()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the ear's folder."""
        assert isinstance(modules, Distillation)
        save_network(out, name_of(modules.ear), modules.ear)
        if self.finished:
            self.finished(modules.ear, out)


def perceive(ear: Ear, waveform: Tensor) -> Tensor:
    """The first part of hearing, which no weight that learns takes part in: an ear and its slow copy share it."""
    if isinstance(ear, Wav2CLIP):
        return ear.standardised(ear.spectrogram(waveform))
    if ear.config.update_wavlm:
        return waveform
    with torch.no_grad():
        states: Tensor = ear.wavlm(waveform)
    return states


def hear(ear: Ear, perceived: Tensor) -> Heard:
    """The rest of hearing: what is there before the projection g, and the embedding after it."""
    if isinstance(ear, Wav2CLIP):
        features = ear.encode_spectrogram(perceived)
        return Heard(features, ear.project(features))
    features = ear.pool_states(ear.wavlm(perceived) if ear.config.update_wavlm else perceived)
    return Heard(features, ear.head.project(features))


def let_learn(ear: Ear) -> None:
    """Unfreeze what an ear trains."""
    ear.requires_grad_(True)
    if isinstance(ear, WavBriVL):
        ear.wavlm.requires_grad_(ear.config.update_wavlm)


def features_of(ear: Ear) -> int:
    """Numbers before the projection g."""
    return 8 * ear.config.width if isinstance(ear, Wav2CLIP) else ear.config.width


def name_of(ear: Ear) -> str:
    """What the ear's folder says it holds."""
    return "wav2clip" if isinstance(ear, Wav2CLIP) else "wavbrivl"
