"""Train a StyleGAN2: pictures like those of a folder, drawn from nothing but noise.

Karras et al., "Analyzing and Improving the Image Quality of StyleGAN" (2020): non-saturating loss, R1 and path length
regularisation, style mixing; and their adaptive augmentation (Karras et al. 2020b, see `adaptive_augmentation`).

Both regularisers are lazy (section 3.1): computed in every 16th and every 4th step, and counted as many times. The
published code makes an extra step of Adam for them and corrects Adam's constants for it; here they are part of the
step's one loss, so there is nothing to correct. The scalars of the log hold them as they are counted: their mean over
16 steps is the regulariser's.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.pictures import load_pictures
from hearsight.errors import ConfigError
from hearsight.files import write_atomically
from hearsight.generators import stylegan2, stylegan2_discriminator
from hearsight.generators.stylegan2 import StyleGAN2, StyleGAN2Config
from hearsight.generators.stylegan2_discriminator import StyleGAN2Discriminator, StyleGAN2DiscriminatorConfig
from hearsight.hub.network import save_network
from hearsight.seeds import generator
from hearsight.training.adaptive_augmentation import AdaptiveAugmentation, AugmentationConfig
from hearsight.training.loop import TrainConfig, train
from hearsight.training.picture_batches import PictureBatches
from hearsight.training.picture_grid import picture_grid
from hearsight.training.players import refuse_clipping, unmoved
from hearsight.training.stylegan2_loss import discriminator_loss, generator_loss, gradient_penalty, path_lengths

MEMORY_OF_W = 0.995
"""Decay of the running mean of w, per step."""
MEMORY_OF_LENGTH = 0.99
"""Decay of the running mean of path lengths, per time they are measured."""
SHOWN = 64
"""Pictures of `samples.png`."""


@dataclass(frozen=True)
class Recipe:
    """How a StyleGAN2 is trained."""

    data: Path
    """A data folder with pictures, e.g. of `hearsight data make pocket`."""
    train: TrainConfig
    """The loop's settings; `clip` must be 0."""
    model: StyleGAN2Config = field(default_factory=stylegan2.pocket)
    """The generator."""
    judge: StyleGAN2DiscriminatorConfig = field(default_factory=stylegan2_discriminator.pocket)
    """Its opponent."""
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    """How the discriminator's pictures are changed."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 32
    """Pictures per step."""
    mixing: float = 0.9
    """Share of pictures drawn from two w, one for the coarse and one for the fine layers."""
    penalty: float = 10.0
    """R1's gamma."""
    penalty_every: int = 16
    """Steps from one R1 to the next."""
    path: float = 2.0
    """Weight of path length regularisation; 0 leaves it out."""
    path_every: int = 4
    """Steps from one path length regularisation to the next."""
    path_shrink: int = 2
    """How many times smaller its batch is."""

    def __post_init__(self) -> None:
        refuse_clipping(self.train)
        if len(self.judge.channels) != len(self.model.channels):
            raise ConfigError(
                f"judge.channels={self.judge.channels}: one width for every resolution of the generator, which has "
                f"{len(self.model.channels)}; give as many."
            )


class Players(nn.Module):
    """Both networks, and what the training has to remember."""

    steps: Int[Tensor, ""]
    path_length: Float[Tensor, ""]

    def __init__(self, generator: StyleGAN2, judge: StyleGAN2Discriminator, augmentation: AdaptiveAugmentation) -> None:
        super().__init__()
        self.generator, self.judge, self.augmentation = generator, judge, augmentation
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.register_buffer("path_length", torch.zeros(()))


class StyleGAN2Task:
    """Both players' losses, added up.

    A batch is `pictures` [batch, 3, size, size] in [-1, 1]. Latents, noise and augmentation come from torch's global
    generator, drawn on the CPU.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.players = Players(
            StyleGAN2(recipe.model), StyleGAN2Discriminator(recipe.judge), AdaptiveAugmentation(recipe.augmentation)
        )
        self.modules: nn.Module = convert_conv2d_weight_memory_format(self.players, torch.channels_last)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The sum of all losses, each, the mean sign of the scores of real pictures, and how often they are changed."""
        players, recipe = self.players, self.recipe
        reals = batch["pictures"].contiguous(memory_format=torch.channels_last)
        penalised = bool(recipe.penalty) and int(players.steps) % recipe.penalty_every == 0
        fakes = players.augmentation(self._drawn(len(reals)))
        reals.requires_grad_(penalised)
        real_scores = players.judge(players.augmentation(reals)).float()
        scalars = {
            "generator": generator_loss(unmoved(players.judge, fakes).float()),
            "discriminator": discriminator_loss(real_scores, players.judge(fakes.detach()).float()),
            "gradient_penalty": torch.zeros((), device=reals.device),
            "path_penalty": torch.zeros((), device=reals.device),
        }
        if penalised:
            counted = recipe.penalty * recipe.penalty_every
            scalars["gradient_penalty"] = counted * gradient_penalty(real_scores, reals)
        if recipe.path and int(players.steps) % recipe.path_every == 0:
            scalars["path_penalty"] = recipe.path * recipe.path_every * self._path_penalty(len(reals))
        loss = torch.stack(list(scalars.values())).sum()
        sign = players.augmentation.observe(real_scores)
        players.steps += 1
        return {"loss": loss, **scalars, "sign": sign, "changed": players.augmentation.probability.clone()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the generator, and pictures of random latents; the discriminator is in the checkpoints."""
        assert isinstance(modules, Players)
        save_network(out, "stylegan2", modules.generator)
        with write_atomically(out / "samples.png") as partial:
            picture_grid(samples(modules.generator, SHOWN)).save(partial, format="PNG")

    def _drawn(self, count: int) -> Float[Tensor, "batch 3 size size"]:
        """Pictures of random latents, some of them mixed; the running mean of w takes notice."""
        painter = self.players.generator
        w = self._random_w(count)
        with torch.no_grad():
            painter.mean_w.lerp_(w.detach().mean(dim=0), 1 - MEMORY_OF_W)
        return painter(self._mixed(w), "w+", self._noise(count)).float()

    def _random_w(self, count: int) -> Float[Tensor, "batch style_width"]:
        """w of random z; in single precision under autocast, since gradients of w are what path lengths are."""
        z = torch.randn(count, self.recipe.model.style_width).to(self.players.steps.device)
        return self.players.generator.map(z).float()

    def _mixed(self, w: Float[Tensor, "batch style_width"]) -> Float[Tensor, "batch layer style_width"]:
        """w at every layer; for a share of the pictures another w from a random layer on (Karras et al. 2019, 3.1)."""
        painter, layers = self.players.generator, self.recipe.model.layers
        if not self.recipe.mixing:
            return painter.spread(w)
        mixed = torch.rand(len(w)) < self.recipe.mixing
        first_fine = torch.where(mixed, torch.randint(1, layers, (len(w),)), layers)
        fine = (torch.arange(layers) >= first_fine[:, None]).to(w.device)[:, :, None]
        return torch.where(fine, painter.spread(self._random_w(len(w))), painter.spread(w))

    def _path_penalty(self, count: int) -> Float[Tensor, ""]:
        """How far path lengths are from their running mean, squared (equation 4), over a smaller batch."""
        players, count = self.players, max(1, count // self.recipe.path_shrink)
        latents = self._mixed(self._random_w(count))
        pictures = players.generator(latents, "w+", self._noise(count)).float()
        lengths = path_lengths(pictures, latents, torch.randn(pictures.shape).to(pictures))
        with torch.no_grad():
            players.path_length.lerp_(lengths.detach().mean(), 1 - MEMORY_OF_LENGTH)
        return (lengths - players.path_length.clone()).square().mean()

    def _noise(self, count: int) -> list[Float[Tensor, "batch 1 side side"]]:
        """Fresh noise for every picture and layer."""
        stored = self.players.generator.stored_noise()
        return [torch.randn(count, *one.shape[1:]).to(one) for one in stored]


@torch.no_grad()
def samples(painter: StyleGAN2, count: int, seed: int = 0, psi: float = 1.0) -> Float[Tensor, "picture 3 size size"]:
    """Pictures of the latents of seeds `seed` and following, one at a time as a search sees them."""
    latents = [painter.random_w(generator(seed + number), psi) for number in range(count)]
    return torch.cat([painter(w[None]).cpu() for w in latents])


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a StyleGAN2."""
    torch.manual_seed(recipe.seed)
    pictures = load_pictures(recipe.data, "train", recipe.model.size)
    train(StyleGAN2Task(recipe), PictureBatches(pictures, recipe.batch, recipe.seed), recipe.train, out)
    return out
