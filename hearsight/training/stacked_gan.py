"""The task of S2IGAN's second training: generator, discriminators and relation supervisor (equations 8 to 12).

The published code updates discriminators, relation classifier and generator in turn, each by an Adam of its own. Here
they step together, see `training/players.py`.

The gradient must not be clipped (`train.clip: 0`): clipping goes by the norm over all networks.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float, Num
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.birds import Birds
from hearsight.data.find_spoken import Shown, find_spoken
from hearsight.encoders.speech import SpeechEncoder
from hearsight.encoders.speech_embedding import PictureEncoder, SpeechEmbedding, SpeechEmbeddingConfig
from hearsight.errors import ConfigError
from hearsight.generators import stacked_discriminator, stacked_gan
from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.generators.stacked_discriminator import Discriminator, DiscriminatorConfig
from hearsight.generators.stacked_gan import StackedGANConfig, StackedGenerator
from hearsight.hub.network import load_network, save_network
from hearsight.pixels import as_pixels
from hearsight.systems.s2igan import S2IGAN, S2IGANConfig
from hearsight.training.adversarial_loss import LossWeights, discriminator_loss, generator_loss
from hearsight.training.heard_pictures import HeardPictures, heard, looks
from hearsight.training.loop import TrainConfig, train
from hearsight.training.matching_loss import matching_loss
from hearsight.training.players import refuse_clipping
from hearsight.training.relation_loss import relation_loss
from hearsight.training.task import Batches
from hearsight.training.veil import Veil, VeilConfig

Judged = Literal["mean", "sample"]
Look = Float[Tensor, "batch embed"]
"""What the eye makes of pictures."""

REHEARSED = 100
"""Batches over which an averaged generator's statistics are taken anew."""


@dataclass(frozen=True)
class Recipe:
    """How a generator learns to draw what is said."""

    data: Path
    """The spoken pictures, see `find_spoken`: a data set in its published layout, or Birds in Miniature's speech."""
    ear: Path
    """The folder of the speech embedding network that was trained on the same."""
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
    veil: VeilConfig = field(default_factory=VeilConfig)
    """The noise over what discriminators look at."""
    speech: Path | None = None
    """The folder of `hearsight data speak`, for a data set whose captions were spoken into another folder."""
    start: Path | None = None
    """The folder of an S2IGAN of as many stages or fewer, whose stages are the first here. A first stage alone learns
    what words mean in a small part of the time."""
    birds: Birds = field(default_factory=Birds)
    """The aviary, for Birds in Miniature; pictures have the generator's largest size."""
    shown: Shown = "species"
    """For Birds in Miniature: birds as their species are, or as is said alone."""
    pictures: int = 40
    """For Birds in Miniature: pictures that are learnt from, of every species or sentence."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 24
    """Sentences per step."""

    def __post_init__(self) -> None:
        refuse_clipping(self.train)


class StackedGANTask:
    """Both players' losses, added up.

    A batch is `pictures` [batch, 3, side, side] at the largest scale, 8-bit RGB or in [-1, 1], `embeddings` [batch,
    embed] of a sentence about each, and `wrong` pictures of other classes; for the relation supervisor also what the
    eye makes of the pictures (`truth`), of others of the `same` class and of the wrong ones (`other`), each [batch,
    embed]. Where it has not looked yet, `same` are pictures, and it looks at all three now.
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
        veil: VeilConfig | None = None,
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
        if (self.weights.relation and relation is None) or (self.looked and eye is None):
            raise ConfigError(
                f"relation={self.weights.relation}, matching={self.weights.matching}, "
                f"closeness={self.weights.closeness}: the relation supervisor needs its classifier and a trained "
                "picture encoder, the others the latter; give both, or set the weights to 0."
            )
        self.veil = Veil(veil or VeilConfig())
        parts: dict[str, nn.Module] = {"generator": generator, "discriminators": discriminators, "veil": self.veil}
        if self.weights.relation and relation is not None:
            parts["relation"] = relation
        if eye is not None:
            eye.eval().requires_grad_(False)
        self.modules: nn.Module = nn.ModuleDict(parts)

    @property
    def looked(self) -> bool:
        """Whether any loss looks at drawings through the speech embedding network's picture encoder."""
        return bool(self.weights.relation or self.weights.matching or self.weights.closeness)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The sum of all losses, and each; noise comes from torch's global generator, drawn on the CPU."""
        weights, embeddings = self.weights, batch["embeddings"]
        config = self.generator.config
        noise, condition_noise = (
            torch.randn(len(embeddings), width).to(embeddings) for width in (config.noise, config.augmentation.width)
        )
        drawn, cloud = self.generator(embeddings, noise, condition_noise)
        condition = cloud.mean if self.judged == "mean" else cloud.sample(condition_noise)
        scales = [tuple(self.veil(at(batch[which], side)) for which in ("pictures", "wrong")) for side in config.sides]
        shown = [self.veil(picture) for picture in drawn]
        scalars = {
            "discriminator": torch.stack(
                [
                    discriminator_loss(judge, real, wrong, fake, condition, weights)
                    for judge, (real, wrong), fake in zip(self.judges, scales, shown, strict=True)
                ]
            ).sum(),
            "generator": torch.stack(
                [
                    generator_loss(judge, fake, condition, weights)
                    for judge, fake in zip(self.judges, shown, strict=True)
                ]
            ).sum(),
            "divergence": cloud.divergence(),
        }
        loss = scalars["discriminator"] + scalars["generator"] + weights.divergence * scalars["divergence"]
        if self.looked:
            assert self.eye is not None
            seen = self.eye.to(embeddings.device)(drawn[-1])
        if weights.relation:
            assert self.relation is not None
            relations = relation_loss(self.relation, *self._looks(batch), seen)
            scalars["relation_classifier"], scalars["relation"] = relations
            loss = loss + relations.classifier + weights.relation * relations.generator
        if weights.matching:
            scalars["matching"] = matching_loss(embeddings, seen)
            loss = loss + weights.matching * scalars["matching"]
        if weights.closeness:
            scalars["closeness"] = 1 - functional.cosine_similarity(embeddings.float(), seen.float()).mean()
            loss = loss + weights.closeness * scalars["closeness"]
        self.veil.lift()
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

    def _looks(self, batch: dict[str, Any]) -> tuple[Look, Look, Look]:
        """What the eye makes of the true pictures, of others of their class and of wrong ones."""
        if "truth" in batch:
            return batch["truth"], batch["same"], batch["other"]
        assert self.eye is not None
        with torch.no_grad():
            truth, same, other = (self.eye(as_pixels(batch[which])) for which in ("pictures", "same", "wrong"))
        return truth, same, other


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of an S2IGAN."""
    torch.manual_seed(recipe.seed)
    sen = load_network(recipe.ear, "speech_embedding", SpeechEmbedding, SpeechEmbeddingConfig)
    birds = replace(recipe.birds, size=recipe.model.sides[-1])
    source = find_spoken(
        recipe.data,
        "train",
        sen.config.speech,
        side=birds.size,
        speech=recipe.speech,
        birds=birds,
        pictures=recipe.pictures,
        shown=recipe.shown,
    )
    embeddings = heard(sen.speech, source, recipe.data / ".cache")
    generator, relation = StackedGenerator(recipe.model), RelationClassifier(RelationConfig(sen.config.speech.embed))
    judges = stacked_discriminator.discriminators(recipe.judges, recipe.model)
    for network in (generator, relation, judges):
        orthogonal_start(network)
        convert_conv2d_weight_memory_format(network, torch.channels_last)  # faster by half on CPUs
    if recipe.start is not None:
        go_on(generator, recipe.start)
    batches = HeardPictures(source, embeddings, looks(sen.picture, source), recipe.batch, recipe.seed)
    task = StackedGANTask(
        generator,
        judges,
        recipe.weights,
        relation=relation,
        eye=sen.picture,
        judged=recipe.judged,
        veil=recipe.veil,
        ear=sen.speech,
        rehearsal=batches,
    )
    train(task, batches, recipe.train, out)
    return out


def go_on(generator: StackedGenerator, folder: Path) -> None:
    """Give the first stages the weights of the S2IGAN in `folder`. Raises ConfigError for one of another shape."""
    begun, config = S2IGAN.from_pretrained(folder, device="cpu").generator, generator.config
    grown = replace(begun.config, stages=config.stages)
    if begun.config.stages == 1:  # there is nothing of the later stages in it
        grown = replace(grown, stacking=config.stacking, residuals=config.residuals)
    if grown != config or begun.config.stages > config.stages:
        raise ConfigError(f"start={folder}: {begun.config} are not the first stages of {config}; train one that is.")
    generator.load_state_dict(begun.state_dict(), strict=False)


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


def at(pictures: Num[Tensor, "batch 3 height width"], side: int) -> Float[Tensor, "batch 3 side side"]:
    """Real pictures, 8-bit RGB or in [-1, 1], as the latter at a scale: bilinear without antialiasing, as published."""
    pixels = as_pixels(pictures)
    if pixels.shape[-1] == side:
        return pixels
    return functional.interpolate(pixels, (side, side), mode="bilinear", align_corners=False)


def orthogonal_start(network: nn.Module) -> None:
    """Begin with orthogonal matrices and kernels, as the published code does (from torch's global generator)."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.orthogonal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
