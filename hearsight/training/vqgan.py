"""Train a VQGAN: an encoder, a codebook and a decoder, against a discriminator of patches.

Esser, Rombach, Ommer, "Taming Transformers for High-Resolution Image Synthesis" (2021), section 3.1 and equation 6:

    L = L_pixels + L_features + L_codebook + λ L_adversarial           λ from equation 7, see `patch_loss`

The published perceptual loss looks through VGG's features, trained on ImageNet; here a picture classifier of one's own
may look, or nobody. Whoever is to judge the pictures later had better not look now.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.pictures import load_pictures
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.errors import ConfigError
from hearsight.files import write_atomically
from hearsight.generators import patch_discriminator, vqgan
from hearsight.generators.patch_discriminator import PatchDiscriminator, PatchDiscriminatorConfig
from hearsight.generators.vqgan import VQGAN, Reconstruction, VQGANConfig
from hearsight.hub.network import load_network, save_network
from hearsight.training.codebook import revive
from hearsight.training.edge_error import edge_error
from hearsight.training.feature_loss import FeatureLoss
from hearsight.training.loop import TrainConfig, train
from hearsight.training.patch_loss import adaptive_weight, fooling_loss, hinge_loss
from hearsight.training.picture_batches import PictureBatches
from hearsight.training.picture_grid import picture_grid
from hearsight.training.players import refuse_clipping, resting
from hearsight.training.start import begin

MEMORY = 0.95
"""Decay of the moving average of how often every row of the codebook is used: of the last twenty steps, about."""
SHOWN = 32
"""Pictures of `reconstructions.png`, every row of eight with what became of it below."""


@dataclass(frozen=True)
class Recipe:
    """How a VQGAN is trained."""

    data: Path
    """A data folder with pictures, e.g. of `hearsight data make pocket`."""
    train: TrainConfig
    """The loop's settings; `clip` must be 0."""
    model: VQGANConfig = field(default_factory=vqgan.pocket)
    """The network."""
    judge: PatchDiscriminatorConfig = field(default_factory=patch_discriminator.pocket)
    """Its opponent."""
    start: Path | None = None
    """The folder of a vqgan to begin with, instead of random weights; it must be of the shape `model`. Its opponent
    begins anew."""
    update: Literal["all", "decoder"] = "all"
    """What learns. `decoder`: pictures keep their codes, and a transformer that has learnt them still fits."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 16
    """Pictures per step."""
    edges: float = 0.0
    """Weight of the error of differences between neighbouring pixels (not in the paper)."""
    features: Path | None = None
    """Folder of a trained picture classifier, whose features are compared as well; None compares pixels alone."""
    feature_weight: float = 1.0
    """Weight of the features."""
    codebook: float = 1.0
    """Weight of equation 4's codebook and commitment terms."""
    revive: float = 0.0
    """A row of the codebook that is used less often per step than this is moved onto a latent; 0 lets it be."""
    adversarial: float = 0.8
    """What equation 7's weight is multiplied by; 0 trains without a discriminator."""
    adversarial_start: int = 0
    """The first step in which the discriminator learns and is listened to."""
    adversarial_rise: int = 0
    """Steps from there over which its weight rises from 0, so that it learns before it counts; 0 as published."""

    def __post_init__(self) -> None:
        refuse_clipping(self.train)
        if self.update == "decoder" and self.start is None:
            raise ConfigError("update=decoder: codes that do not change must say something; set start=DIR of a vqgan.")
        if self.update == "decoder" and self.revive:
            raise ConfigError(f"revive={self.revive}: moves the codebook, which update=decoder keeps; set revive=0.")


class Players(nn.Module):
    """Both networks, and what the training has to remember."""

    steps: Int[Tensor, ""]
    usage: Float[Tensor, " codes"]

    def __init__(self, generator: VQGAN, judge: PatchDiscriminator) -> None:
        super().__init__()
        self.generator, self.judge = generator, judge
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.register_buffer("usage", torch.zeros(generator.config.codes))


class VQGANTask:
    """What comes out should be what went in, through few codes, and look real in every patch.

    A batch is `pictures` [batch, 3, height, width] in [-1, 1].
    """

    def __init__(self, recipe: Recipe, shown: Float[Tensor, "picture 3 height width"] | None = None) -> None:
        """`shown` are pictures that `finish` shows the outcome on."""
        self.recipe, self.shown = recipe, shown
        network = begin("vqgan", VQGAN, recipe.model, recipe.start)
        if recipe.update == "decoder":
            network.requires_grad_(False)
            for layers in network.drawing:
                layers.requires_grad_(True)
        self.players = Players(network, PatchDiscriminator(recipe.judge))
        self.modules: nn.Module = convert_conv2d_weight_memory_format(self.players, torch.channels_last)
        self.eye = FeatureLoss(_picture_classifier(recipe.features)) if recipe.features else None

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The sum of all losses, each, and how much of the codebook a batch used."""
        recipe, players = self.recipe, self.players
        pictures = batch["pictures"].contiguous(memory_format=torch.channels_last)
        back = players.generator(pictures)
        found = back.picture.float()
        scalars = {"pixels": (found - pictures).abs().mean(), "codebook": back.codebook_loss}
        reconstruction = scalars["pixels"]
        if recipe.edges:
            scalars["edges"] = edge_error(found - pictures)
            reconstruction = reconstruction + recipe.edges * scalars["edges"]
        if self.eye:
            scalars["features"] = self.eye(found, pictures)
            reconstruction = reconstruction + recipe.feature_weight * scalars["features"]
        scalars |= self._adversarial(pictures, found, reconstruction)
        loss = reconstruction + recipe.codebook * scalars["codebook"]
        loss = loss + scalars["adversarial"] * scalars["generator"] + scalars["discriminator"]
        scalars["codes"] = self._remember(back)
        players.steps += 1
        return {"loss": loss, **scalars}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the VQGAN, and a few pictures with what becomes of them; the discriminator is in the checkpoints."""
        assert isinstance(modules, Players)
        save_network(out, "vqgan", modules.generator)
        if self.shown is not None:
            with write_atomically(out / "reconstructions.png") as partial:
                picture_grid(before_and_after(modules.generator, self.shown)).save(partial, format="PNG")

    def _adversarial(
        self,
        pictures: Float[Tensor, "batch 3 height width"],
        found: Float[Tensor, "batch 3 height width"],
        reconstruction: Float[Tensor, ""],
    ) -> dict[str, Tensor]:
        """Both players' losses, and the weight of the generator's."""
        judge = self.players.judge
        if not self.recipe.adversarial or self.players.steps < self.recipe.adversarial_start:
            nothing = torch.zeros((), device=found.device)
            return {"generator": nothing, "adversarial": nothing, "discriminator": resting(judge)}
        fooling = fooling_loss(judge, found)
        weight = adaptive_weight(reconstruction, fooling, self.players.generator.last_layer)
        learnt = int(self.players.steps) - self.recipe.adversarial_start
        rising = min(1.0, learnt / self.recipe.adversarial_rise) if self.recipe.adversarial_rise else 1.0
        return {
            "generator": fooling,
            "adversarial": rising * self.recipe.adversarial * weight,
            "discriminator": hinge_loss(judge, pictures, found),
        }

    @torch.no_grad()
    def _remember(self, back: Reconstruction) -> Float[Tensor, ""]:
        """The share of the codebook that this batch used; rows unused for long are moved onto its latents."""
        players, recipe = self.players, self.recipe
        used = torch.bincount(back.codes.flatten(), minlength=len(players.usage)).float()
        players.usage.lerp_(used, 1 - MEMORY if players.steps else 1.0)
        if recipe.revive:
            revive(players.generator.codebook, players.usage, back.latent, recipe.revive)
        return (used > 0).float().mean()


@torch.no_grad()
def before_and_after(
    network: VQGAN, pictures: Float[Tensor, "picture 3 height width"], columns: int = 8
) -> Float[Tensor, "twice 3 height width"]:
    """Rows of pictures, each followed by the row of what comes back through the codebook."""
    rows = []
    for some in pictures.split(columns):
        back = network(some.to(network.codebook.device)).picture.cpu()
        rows += [some, back]
    return torch.cat(rows)


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a VQGAN."""
    torch.manual_seed(recipe.seed)
    pictures = load_pictures(recipe.data, "train", recipe.model.size)
    batches = PictureBatches(pictures, recipe.batch, recipe.seed)
    shown = PictureBatches(pictures, SHOWN, recipe.seed + 1).batch(0)["pictures"]
    train(VQGANTask(recipe, shown), batches, recipe.train, out)
    return out


def _picture_classifier(folder: Path) -> PictureClassifier:
    return load_network(folder, "picture_classifier", PictureClassifier, PictureClassifierConfig)
