"""The task of S2IGAN's first training: sentences and pictures into one space (equation 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from hearsight.data.bird_pictures import bird_pictures
from hearsight.data.birds import Birds
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.data.stratified import stratified
from hearsight.encoders import speech_embedding
from hearsight.encoders.speech_embedding import SpeechEmbedding, SpeechEmbeddingConfig
from hearsight.hub.network import save_network
from hearsight.seeds import derive
from hearsight.training.distinctive_loss import distinctive_loss
from hearsight.training.loop import TrainConfig, train
from hearsight.training.matching_loss import BETA, Reduction, matching_loss


@dataclass(frozen=True)
class SpeechEmbeddingLoss:
    """What L_SEN is made of. The defaults are the published code's."""

    matching: float = 1.0
    """Weight of the matching loss."""
    distinctive: float = 1.0
    """Weight of the distinctive loss."""
    beta: float = BETA
    """Factor of the cosines in the matching loss."""
    mask: bool = True
    """Whether the matching loss leaves out other pairs of the same class (equation 2)."""
    reduction: Reduction = "mean"
    """`mean` over the batch as in the code, or `sum` as in the paper."""


@dataclass(frozen=True)
class Recipe:
    """How sentences and pictures of birds are brought together."""

    data: Path
    """The folder of spoken descriptions, of `hearsight data speak birds`."""
    train: TrainConfig
    """The loop's settings."""
    model: SpeechEmbeddingConfig = field(default_factory=speech_embedding.pocket)
    """The network; its classes are the species in training."""
    loss: SpeechEmbeddingLoss = field(default_factory=SpeechEmbeddingLoss)
    """What is minimised."""
    birds: Birds = field(default_factory=Birds)
    """The aviary."""
    pictures: int = 100
    """Pictures of every species that are learnt from."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 64
    """Pairs per step, of as many species as there are room for."""


@dataclass(frozen=True, eq=False)
class BirdPairs:
    """Batch n, a function of (seed, n): species equally often, each with a sentence and a picture."""

    source: SpokenBirds
    """The sentences."""
    pictures: UInt8[np.ndarray, "species picture 3 size size"]
    """Their species, drawn."""
    size: int
    """Rows of a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """What `SpeechEmbeddingTask` asks for."""
        random = np.random.default_rng(derive(self.seed, "speech-embedding", index))
        classes = stratified(len(self.source.labels), self.size, random)
        spectrograms, lengths = padded([self.source.sentence(one, random) for one in classes])
        numbers = random.integers(self.pictures.shape[1], size=self.size)
        return {
            "spectrograms": spectrograms,
            "lengths": lengths,
            "pixels": torch.from_numpy(self.pictures[classes, numbers]).float() / 127.5 - 1,
            "classes": torch.from_numpy(classes),
        }


class SpeechEmbeddingTask:
    """L_SEN = L_m + L_d.

    A batch is `spectrograms` [batch, frame, band] with their `lengths` (see `padded`), `classes`, and `pixels`
    [batch, 3, height, width] in [-1, 1]. The published Inception stays as it came; every other weight learns.
    """

    def __init__(self, network: SpeechEmbedding, loss: SpeechEmbeddingLoss | None = None) -> None:
        self.network, self.weights = network, loss or SpeechEmbeddingLoss()
        self.modules: nn.Module = network

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, its two terms, and how often the nearest picture in the batch is of the sentence's class."""
        network, weights, classes = self.network, self.weights, batch["classes"]
        heard = network.speech(batch["spectrograms"], batch["lengths"])
        seen = network.picture(batch["pixels"])
        matching = matching_loss(
            heard, seen, classes if weights.mask else None, beta=weights.beta, reduction=weights.reduction
        )
        distinctive = distinctive_loss(
            network.classifier(heard), network.classifier(seen), classes, reduction=weights.reduction
        )
        with torch.no_grad():
            found = classes[(heard @ seen.mT).argmax(dim=1)] == classes
        return {
            "loss": weights.matching * matching + weights.distinctive * distinctive,
            "matching": matching,
            "distinctive": distinctive,
            "accuracy": found.float().mean(),
        }

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the folder of the trained network."""
        save_network(out, "speech_embedding", modules)


def padded(
    spectrograms: Sequence[Float[Tensor, "frame band"]],
) -> tuple[Float[Tensor, "batch frame band"], Int[Tensor, " batch"]]:
    """Spectrograms as one batch, zeros after the shorter ones, and how long each is."""
    lengths = torch.tensor([len(spectrogram) for spectrogram in spectrograms])
    return pad_sequence(list(spectrograms), batch_first=True), lengths


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a speech embedding network."""
    torch.manual_seed(recipe.seed)
    source = SpokenBirds.load(recipe.data, "train", recipe.model.speech, recipe.birds)
    network = SpeechEmbedding(replace(recipe.model, classes=len(source.labels)))
    pictures = bird_pictures(recipe.birds, source.species, recipe.pictures, recipe.data / ".cache")
    task = SpeechEmbeddingTask(network, recipe.loss)
    train(task, BirdPairs(source, pictures, recipe.batch, recipe.seed), recipe.train, out)
    return out
