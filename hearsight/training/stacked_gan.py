"""The task of S2IGAN's second training: generator, discriminators and relation supervisor (equations 8 to 12).

The published code updates discriminators, relation classifier and generator in turn, each by an Adam of its own. Here
they step together, see `training/players.py`.

The gradient must not be clipped (`train.clip: 0`): clipping goes by the norm over all networks.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.bird_pictures import bird_pictures
from hearsight.data.birds import Birds
from hearsight.data.encodings import fingerprint
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.data.stratified import stratified
from hearsight.encoders.speech import SpeechEncoder
from hearsight.encoders.speech_embedding import PictureEncoder, SpeechEmbedding, SpeechEmbeddingConfig
from hearsight.errors import ConfigError
from hearsight.files import save_array
from hearsight.generators import stacked_discriminator, stacked_gan
from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.generators.stacked_discriminator import Discriminator, DiscriminatorConfig
from hearsight.generators.stacked_gan import StackedGANConfig, StackedGenerator
from hearsight.hub.network import load_network, save_network
from hearsight.pixels import from_uint8
from hearsight.seeds import derive
from hearsight.systems.s2igan import S2IGAN, S2IGANConfig
from hearsight.training.adversarial_loss import LossWeights, discriminator_loss, generator_loss
from hearsight.training.loop import TrainConfig, train
from hearsight.training.players import refuse_clipping
from hearsight.training.relation_loss import relation_loss
from hearsight.training.speech_embedding import padded
from hearsight.training.task import Batches

Judged = Literal["mean", "sample"]

REHEARSED = 100
"""Batches over which an averaged generator's statistics are taken anew."""


@dataclass(frozen=True)
class Recipe:
    """How a generator learns to draw the birds that are spoken of."""

    data: Path
    """The folder of spoken descriptions, of `hearsight data speak birds`."""
    ear: Path
    """The folder of the trained speech embedding network, of `hearsight train pocket_speech_embedding`."""
    train: TrainConfig
    """The loop's settings; `clip` must be 0."""
    model: StackedGANConfig = field(default_factory=stacked_gan.pocket)
    """The generator."""
    judges: DiscriminatorConfig = field(default_factory=stacked_discriminator.pocket)
    """The discriminators."""
    weights: LossWeights = field(default_factory=LossWeights)
    """The losses."""
    judged: Judged = "mean"
    """What discriminators listen to, see `StackedGANTask`."""
    birds: Birds = field(default_factory=Birds)
    """The aviary; pictures have the generator's largest size."""
    pictures: int = 40
    """Pictures of every species that are learnt from."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 24
    """Sentences per step."""

    def __post_init__(self) -> None:
        refuse_clipping(self.train)


@dataclass(frozen=True, eq=False)
class HeardBirds:
    """Batch n, a function of (seed, n): species equally often, each with a sentence, and pictures to compare with."""

    embeddings: tuple[Float[np.ndarray, "sentence embed"], ...]
    """What the ear makes of the sentences about every species."""
    pictures: UInt8[np.ndarray, "species picture 3 size size"]
    """The species, drawn."""
    seen: Float[np.ndarray, "species picture embed"]
    """What the eye makes of the pictures."""
    size: int
    """Rows of a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """What `StackedGANTask` asks for."""
        random = np.random.default_rng(derive(self.seed, "stacked-gan", index))
        count, many = self.pictures.shape[:2]
        classes = stratified(count, self.size, random)
        others = (classes + random.integers(1, count, self.size)) % count
        heard = [self.embeddings[one][random.integers(len(self.embeddings[one]))] for one in classes]
        truth, same, wrong = random.integers(many, size=(3, self.size))
        return {
            "embeddings": torch.from_numpy(np.stack(heard)),
            "pictures": self._pixels(classes, truth),
            "wrong": self._pixels(others, wrong),
            "truth": torch.from_numpy(self.seen[classes, truth]),
            "same": torch.from_numpy(self.seen[classes, same]),
            "other": torch.from_numpy(self.seen[others, wrong]),
        }

    def _pixels(
        self, classes: Int[np.ndarray, " batch"], numbers: Int[np.ndarray, " batch"]
    ) -> Float[Tensor, "batch 3 size size"]:
        return from_uint8(torch.from_numpy(self.pictures[classes, numbers]))


class StackedGANTask:
    """Both players' losses, added up.

    A batch is `pictures` [batch, 3, side, side] in [-1, 1] at the largest scale, `embeddings` [batch, embed] of a
    sentence about each, and `wrong` pictures of other classes; for the relation supervisor also what the eye makes of
    the pictures (`truth`), of others of the `same` class and of those of `other` classes, each [batch, embed].
    """

    def __init__(
        self,
        generator: StackedGenerator,
        discriminators: nn.ModuleList,
        weights: LossWeights | None = None,
        *,
        relation: RelationClassifier | None = None,
        eye: PictureEncoder | None = None,
        judged: Judged = "mean",
        ear: SpeechEncoder | None = None,
        rehearsal: Batches | None = None,
    ) -> None:
        """`relation` and `eye`, the trained picture encoder it looks through, are needed unless its weight is 0.

        `judged`: discriminators listen to the mean of a sentence's cloud of conditions, as in the code, or to the
        condition drawn from it, as in equations 10 and 12. With the `ear` that heard the sentences, the product is a
        whole system, else the generator alone. Its averaged weights rehearse batches of `rehearsal` at the end, see
        `settle`.
        """
        self.weights, self.judged, self.ear, self.rehearsal = weights or LossWeights(), judged, ear, rehearsal
        self.generator, self.relation, self.eye = generator, relation, eye
        self.judges = [judge for judge in discriminators if isinstance(judge, Discriminator)]
        if self.weights.relation and (relation is None or eye is None):
            raise ConfigError(
                f"relation={self.weights.relation}: the relation supervisor needs its classifier and a trained picture "
                "encoder; give both, or relation=0."
            )
        parts: dict[str, nn.Module] = {"generator": generator, "discriminators": discriminators}
        if self.weights.relation and relation is not None and eye is not None:
            parts["relation"] = relation
            eye.eval().requires_grad_(False)
        self.modules: nn.Module = nn.ModuleDict(parts)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The sum of all losses, and each; noise comes from torch's global generator, drawn on the CPU."""
        weights, embeddings = self.weights, batch["embeddings"]
        config = self.generator.config
        noise, condition_noise = (
            torch.randn(len(embeddings), width).to(embeddings) for width in (config.noise, config.augmentation.width)
        )
        drawn, cloud = self.generator(embeddings, noise, condition_noise)
        condition = cloud.mean if self.judged == "mean" else cloud.sample(condition_noise)
        scales = [(at(batch["pictures"], side), at(batch["wrong"], side)) for side in config.sides]
        scalars = {
            "discriminator": torch.stack(
                [
                    discriminator_loss(judge, real, wrong, fake, condition, weights)
                    for judge, (real, wrong), fake in zip(self.judges, scales, drawn, strict=True)
                ]
            ).sum(),
            "generator": torch.stack(
                [
                    generator_loss(judge, fake, condition, weights)
                    for judge, fake in zip(self.judges, drawn, strict=True)
                ]
            ).sum(),
            "divergence": cloud.divergence(),
        }
        loss = scalars["discriminator"] + scalars["generator"] + weights.divergence * scalars["divergence"]
        if weights.relation:
            scalars["relation_classifier"], scalars["relation"] = self._relations(batch, drawn[-1])
            loss = loss + scalars["relation_classifier"] + weights.relation * scalars["relation"]
        return {"loss": loss, **scalars}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the system, or the generator; its opponents are in the checkpoints."""
        assert isinstance(modules, nn.ModuleDict)
        painter = modules["generator"]
        assert isinstance(painter, StackedGenerator)
        if self.rehearsal is not None:
            settle(painter, self.rehearsal)
        if self.ear is None:
            save_network(out, "stacked_gan", painter)
        else:
            S2IGAN(S2IGANConfig(self.ear.config, painter.config), self.ear, painter).save_pretrained(out)

    def _relations(
        self, batch: dict[str, Any], drawn: Float[Tensor, "batch 3 side side"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        assert self.relation is not None and self.eye is not None
        seen = self.eye.to(drawn.device)(drawn)
        return relation_loss(self.relation, batch["truth"], batch["same"], batch["other"], seen)


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of an S2IGAN."""
    torch.manual_seed(recipe.seed)
    sen = load_network(recipe.ear, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    birds = replace(recipe.birds, size=recipe.model.sides[-1])
    source = SpokenBirds.load(recipe.data, "train", sen.config.speech, birds)
    embeddings = heard(sen.speech, source, recipe.data / ".cache")
    pictures = bird_pictures(birds, source.species, recipe.pictures, recipe.data / ".cache")
    generator, relation = StackedGenerator(recipe.model), RelationClassifier(RelationConfig(sen.config.speech.embed))
    judges = stacked_discriminator.discriminators(recipe.judges, recipe.model)
    for network in (generator, relation, judges):
        orthogonal_start(network)
        convert_conv2d_weight_memory_format(network, torch.channels_last)  # faster by half on CPUs
    batches = HeardBirds(embeddings, pictures, seen(sen.picture, pictures), recipe.batch, recipe.seed)
    task = StackedGANTask(
        generator,
        judges,
        recipe.weights,
        relation=relation,
        eye=sen.picture,
        judged=recipe.judged,
        ear=sen.speech,
        rehearsal=batches,
    )
    train(task, batches, recipe.train, out)
    return out


@torch.no_grad()
def heard(
    ear: SpeechEncoder, source: SpokenBirds, folder: Path, batch: int = 32
) -> tuple[Float[np.ndarray, "sentence embed"], ...]:
    """The embedding of every sentence about every species of `source`; computed once and kept in `folder`."""
    from rich.console import Console
    from rich.progress import track

    file = folder / f"heard-{fingerprint(ear, source.labels, len(source.sentences.decibels))[:16]}.npy"
    if not file.is_file():
        rows, console = [], Console(stderr=True)
        starts = range(0, len(source.sentences.decibels), batch)
        for first in track(starts, "sentences", console=console, transient=True):
            few = source.sentences.decibels[first : first + batch]
            rows.append(ear(*padded([source.as_heard(mel) for mel in few])).numpy())
        save_array(file, np.concatenate(rows))
    every = np.load(file)
    return tuple(every[source.sentences.classes == species] for species in range(len(source.labels)))


@torch.no_grad()
def seen(
    eye: PictureEncoder, pictures: UInt8[np.ndarray, "species picture 3 size size"]
) -> Float[np.ndarray, "species picture embed"]:
    """The embedding of every picture."""
    eye.eval()
    return np.stack([eye(torch.from_numpy(few).float() / 127.5 - 1).numpy() for few in pictures])


@torch.no_grad()
def settle(painter: StackedGenerator, rehearsal: Batches, batches: int = REHEARSED) -> None:
    """Take the statistics of normalisation anew, over the first `batches` of `rehearsal`.

    Those that were gathered in training belong to the live weights. Averaged ones draw with them, but paler than they
    learnt to. Noise comes from torch's global generator, which is seeded here.
    """
    torch.manual_seed(0)
    config, device = painter.config, next(painter.parameters()).device
    norms = [module for module in painter.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over all batches
    painter.train()
    for index in range(batches):
        embeddings = rehearsal.batch(index)["embeddings"].to(device)
        widths = (config.noise, config.augmentation.width)
        painter(embeddings, *(torch.randn(len(embeddings), width).to(embeddings) for width in widths))
    painter.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def at(pictures: Float[Tensor, "batch 3 height width"], side: int) -> Float[Tensor, "batch 3 side side"]:
    """Real pictures at a scale: bilinear without antialiasing, as published."""
    if pictures.shape[-1] == side:
        return pictures
    return functional.interpolate(pictures, (side, side), mode="bilinear", align_corners=False)


def orthogonal_start(network: nn.Module) -> None:
    """Begin with orthogonal matrices and kernels, as the published code does (from torch's global generator)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.orthogonal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
