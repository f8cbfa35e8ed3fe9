"""The task of S2IGAN's first training: sentences and pictures into one space (equation 6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from hearsight.data.birds import Birds
from hearsight.data.find_spoken import Shown, find_spoken
from hearsight.data.spoken_pictures import SpokenPictures, drawn
from hearsight.data.stratified import stratified
from hearsight.encoders import speech_embedding
from hearsight.encoders.inception import Inception, InceptionConfig
from hearsight.encoders.speech_embedding import PictureEncoder, SpeechEmbedding, SpeechEmbeddingConfig
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network, save_network
from hearsight.pixels import as_pixels
from hearsight.seeds import derive
from hearsight.training.distinctive_loss import distinctive_loss
from hearsight.training.loop import TrainConfig, train
from hearsight.training.matching_loss import BETA, Reduction, matching_loss
from hearsight.training.players import resting
from hearsight.training.worst_pixels import WorstPixels, WorstPixelsConfig

PUBLISHED_SIDE = 256
"""Side in pixels of the squares that the published Inception-v3 is shown; it enlarges them itself."""


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
    """How sentences and pictures are brought together."""

    data: Path
    """The spoken pictures, see `find_spoken`: a data set in its published layout, or Birds in Miniature's speech."""
    train: TrainConfig
    """The loop's settings."""
    model: SpeechEmbeddingConfig = field(default_factory=speech_embedding.pocket)
    """The network; its classes are those in training."""
    loss: SpeechEmbeddingLoss = field(default_factory=SpeechEmbeddingLoss)
    """What is minimised."""
    speech: Path | None = None
    """The folder of `hearsight data speak`, for a data set whose captions were spoken into another folder."""
    start: Path | None = None
    """The folder of a speech embedding network that goes on learning."""
    eye: Path | None = None
    """For an Inception-v3: torchvision's published file. It stays as it is, so without that it sees nothing."""
    birds: Birds = field(default_factory=Birds)
    """The aviary, for Birds in Miniature."""
    shown: Shown = "species"
    """For Birds in Miniature: birds as their species are, or as is said alone; then a sentence must tell its picture
    from others of which one word is not true, too."""
    pictures: int = 100
    """For Birds in Miniature: pictures that are learnt from, of every species or sentence."""
    worst_pixels: WorstPixelsConfig = field(default_factory=WorstPixelsConfig)
    """How the pixels of an eye that learns are changed, so that a generator cannot please it with noise."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 64
    """Pairs per step, of as many classes as there are room for."""

    def __post_init__(self) -> None:
        published = isinstance(self.model.picture, InceptionConfig)
        if published != (self.eye is not None):
            cure = "give eye=inception_v3_google-1a9a5a14.pth" if published else "leave the eye out"
            raise ConfigError(f"eye={self.eye}: an Inception-v3 is read from a file, other eyes learn here; {cure}.")
        if published and self.worst_pixels.radius:
            raise ConfigError(
                f"worst_pixels.radius={self.worst_pixels.radius}: an Inception-v3 does not learn; leave it out."
            )


@dataclass(frozen=True, eq=False)
class SpokenPairs:
    """Batch n, a function of (seed, n): classes equally often, each with a picture and a sentence about it."""

    source: SpokenPictures
    """All there are."""
    size: int
    """Rows of a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """What `SpeechEmbeddingTask` asks for; pictures are 8-bit RGB."""
        source, random = self.source, np.random.default_rng(derive(self.seed, "speech-embedding", index))
        classes = stratified(len(source.labels), self.size, random)
        pictures = [drawn(source.of_class(label), random) for label in classes]
        said = [drawn(source.sentences(picture), random) for picture in pictures]
        spectrograms, lengths = padded([source.spectrogram(sentence) for sentence in said])
        untrue = [source.untrue(picture, random) for picture in pictures]
        known = [picture for picture in untrue if picture is not None]
        return {
            "spectrograms": spectrograms,
            "lengths": lengths,
            "pixels": torch.stack([source.colours(picture, random) for picture in pictures]),
            "classes": torch.from_numpy(classes),
            **({"untrue": torch.stack(known)} if known else {}),
        }


class SpeechEmbeddingTask:
    """L_SEN = L_m + L_d.

    A batch is `spectrograms` [batch, frame, band] with their `lengths` (see `padded`), `classes`, and `pixels`
    [batch, 3, height, width], 8-bit RGB or in [-1, 1]; there may be `untrue` ones like them, which no sentence goes
    with. The published Inception stays as it came; every other weight learns. Without the distinctive loss the
    classifier rests.
    """

    def __init__(
        self,
        network: SpeechEmbedding,
        loss: SpeechEmbeddingLoss | None = None,
        worst_pixels: WorstPixelsConfig | None = None,
    ) -> None:
        self.network, self.weights = network, loss or SpeechEmbeddingLoss()
        self.worst_pixels = WorstPixels(worst_pixels or WorstPixelsConfig())
        self.modules: nn.Module = nn.ModuleDict({"network": network, "worst_pixels": self.worst_pixels})

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, its two terms, and how often the nearest picture in the batch is of the sentence's class."""
        network, weights, classes = self.network, self.weights, batch["classes"]
        heard = network.speech(batch["spectrograms"], batch["lengths"])

        def match(seen: Tensor, heard: Tensor) -> Tensor:
            alike = classes if weights.mask else None
            seen, wrong = seen[: len(heard)], seen[len(heard) :]
            return matching_loss(heard, seen, alike, beta=weights.beta, reduction=weights.reduction, wrong=wrong)

        shown = [as_pixels(batch[which]) for which in ("pixels", "untrue") if which in batch]
        pixels, unmoved = torch.cat(shown), heard.detach()
        pixels = self.worst_pixels(pixels, lambda one: match(network.picture(one), unmoved), darkest=-1.0)
        looks = network.picture(pixels)
        matching, seen = match(looks, heard), looks[: len(heard)]
        distinctive = resting(network.classifier)
        if weights.distinctive:
            logits = network.classifier(heard), network.classifier(seen)
            distinctive = distinctive_loss(*logits, classes, reduction=weights.reduction)
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
        assert isinstance(modules, nn.ModuleDict)
        save_network(out, "speech_embedding", modules["network"])


def padded(
    spectrograms: Sequence[Float[Tensor, "frame band"]],
) -> tuple[Float[Tensor, "batch frame band"], Int[Tensor, " batch"]]:
    """Spectrograms as one batch, zeros after the shorter ones, and how long each is."""
    lengths = torch.tensor([len(spectrogram) for spectrogram in spectrograms])
    return pad_sequence(list(spectrograms), batch_first=True), lengths


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a speech embedding network."""
    torch.manual_seed(recipe.seed)
    eye = recipe.model.picture
    source = find_spoken(
        recipe.data,
        "train",
        recipe.model.speech,
        side=PUBLISHED_SIDE if isinstance(eye, InceptionConfig) else eye.size,
        speech=recipe.speech,
        birds=recipe.birds,
        pictures=recipe.pictures,
        shown=recipe.shown,
    )
    # Flickr8k and Places have no classes: there a classifier would have an output for every picture.
    classes = len(source.labels) if recipe.loss.distinctive else 1
    network = SpeechEmbedding(replace(recipe.model, classes=classes))
    if recipe.start is not None:
        go_on(network, recipe.start)
    if recipe.eye is not None:
        open_eye(network.picture, recipe.eye)
    task = SpeechEmbeddingTask(network, recipe.loss, recipe.worst_pixels)
    train(task, SpokenPairs(source, recipe.batch, recipe.seed), recipe.train, out)
    return out


def go_on(network: SpeechEmbedding, folder: Path) -> None:
    """Give a network the ear and the eye in `folder`. Raises ConfigError where they are of another shape."""
    begun = load_network(folder, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    if replace(begun.config, classes=network.config.classes) != network.config:
        raise ConfigError(f"start={folder}: is a {begun.config}, not a {network.config}; set model to the same.")
    network.speech.load_state_dict(begun.speech.state_dict())
    network.picture.load_state_dict(begun.picture.state_dict())


def open_eye(picture: PictureEncoder, file: Path) -> None:
    """Give a picture encoder the Inception-v3 in torchvision's published file. Raises WeightsError for another one."""
    from hearsight.hub.converters.inception import read_inception

    assert isinstance(picture.trunk, Inception)
    published = read_inception(file, picture.trunk.config.arithmetic, classifier=bool(picture.trunk.config.classes))
    picture.trunk.load_state_dict(published.state_dict())
