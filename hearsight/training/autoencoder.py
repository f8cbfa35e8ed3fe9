"""Train the autoencoder of a latent diffusion model on scenes (Rombach et al. 2022, section 3.1).

The loss is the absolute error of pixels and of their differences, and a slight pull of the latents towards a standard
normal. There is no discriminator and no network of features: the pictures are flat and sharp, and small ones at that.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.scenes import Scenes
from hearsight.errors import ConfigError
from hearsight.generators.latent_diffusion import LatentDiffusionConfig, build_vae, keep_scale, silence_residuals
from hearsight.pixels import to_pixels
from hearsight.training.edge_error import edge_error
from hearsight.training.loop import TrainConfig, train

MEASURED = 256
"""Scenes over which the scale of the latents is measured."""


@dataclass(frozen=True)
class Recipe:
    """How an autoencoder is trained."""

    pairs: Path
    """A folder with `pictograms/`, from which scenes are drawn."""
    train: TrainConfig
    """The loop's settings."""
    model: LatentDiffusionConfig = field(default_factory=LatentDiffusionConfig)
    """The latent diffusion model that it is a part of."""
    seed: int = 0
    """Seed of the weights and of every scene."""
    batch: int = 16
    """Scenes per step."""
    edges: float = 1.0
    """Weight of the error of differences between neighbouring pixels, which keeps edges sharp."""
    divergence: float = 1e-5
    """Weight of the Kullback-Leibler divergence of the latents from a standard normal."""
    start: Path | None = None
    """The folder of a trained autoencoder whose decoder alone goes on learning: its latents stay what they are, so a
    model that draws them need not learn again."""


@dataclass(frozen=True)
class SceneBatches:
    """Batch n: scenes n · size and following."""

    scenes: Scenes
    size: int

    def batch(self, index: int) -> dict[str, Tensor]:
        """Pictures [batch, 3, height, width] in [-1, 1]."""
        first = index * self.size
        return {"pictures": torch.stack([pixels(self.scenes, first + number) for number in range(self.size)])}


def pixels(scenes: Scenes, index: int) -> Float[Tensor, "3 height width"]:
    """The picture of a scene as values in [-1, 1]."""
    return to_pixels(scenes.picture(index))


class AutoencoderTask:
    """What goes in comes out, through a narrow place."""

    def __init__(self, recipe: Recipe) -> None:
        network = Reconstruction(begun(recipe.model) if recipe.start is None else going_on(recipe.start, recipe.model))
        self.modules: nn.Module = convert_conv2d_weight_memory_format(network, torch.channels_last)
        self.recipe = recipe

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """Pixels, edges and divergence, weighted; the latents are sampled from torch's global generator."""
        pictures = batch["pictures"].contiguous(memory_format=torch.channels_last)
        found, mean, log_variance = self.modules(pictures)
        error = found.float() - pictures
        scalars = {
            "pixels": error.abs().mean(),
            "edges": edge_error(error),
            "divergence": 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean(),
        }
        loss = scalars["pixels"] + self.recipe.edges * scalars["edges"]
        return {"loss": loss + self.recipe.divergence * scalars["divergence"], **scalars}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the autoencoder in diffusers' form, with the scale that gives its latents unit variance."""
        assert isinstance(modules, Reconstruction)
        vae = modules.vae
        if self.recipe.start is None:
            scenes = Scenes(self.recipe.pairs, self.recipe.seed, self.recipe.model.size)
            vae.register_to_config(scaling_factor=1 / latent_deviation(vae, lambda index: pixels(scenes, index)))
        vae.save_pretrained(out)


def begun(model: LatentDiffusionConfig) -> Any:
    """An autoencoder that knows nothing, but passes on what it sees."""
    vae = build_vae(model)
    keep_scale(vae)
    silence_residuals(vae)
    with torch.no_grad():  # little noise on latents at first, which they would have to grow out of
        vae.quant_conv.bias[model.latent_channels :].fill_(-4.0)
    return vae


def going_on(folder: Path, model: LatentDiffusionConfig) -> Any:
    """A trained autoencoder of which only the way from latents to pictures still learns."""
    vae = open_autoencoder(folder, model).train().requires_grad_(True)
    vae.encoder.requires_grad_(False)
    vae.quant_conv.requires_grad_(False)
    return vae


class Reconstruction(nn.Module):
    """An autoencoder whose forward pass gives all that its loss needs."""

    def __init__(self, vae: nn.Module) -> None:
        super().__init__()
        self.vae: Any = vae  # of diffusers, whose methods are not annotated

    def forward(
        self, pictures: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Tensor, Float[Tensor, "batch latent h w"], Float[Tensor, "batch latent h w"]]:
        """The pictures again, and means and log variances of their latents."""
        posterior = self.vae.encode(pictures).latent_dist
        mean, log_variance = posterior.mean.float(), posterior.logvar.float()
        noise = torch.randn(mean.shape).to(mean)
        return self.vae.decode(mean + (log_variance / 2).exp() * noise).sample, mean, log_variance


@torch.no_grad()
def latent_deviation(vae: Any, picture: Callable[[int], Tensor]) -> float:
    """Standard deviation of the latents of the first `MEASURED` pictures."""
    device = next(vae.parameters()).device
    means = [vae.encode(picture(number)[None].to(device)).latent_dist.mean for number in range(MEASURED)]
    return float(torch.cat(means).float().std())


def open_autoencoder(folder: Path, model: LatentDiffusionConfig) -> Any:
    """A trained autoencoder. Raises ConfigError for one of other sizes than `model` says."""
    from diffusers import AutoencoderKL

    try:
        vae = AutoencoderKL.from_pretrained(str(folder))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"autoencoder={folder}: not an autoencoder of diffusers ({reason}); train one.") from None
    found = {"vae_channels": tuple(vae.config.block_out_channels), "latent_channels": vae.config.latent_channels}
    wanted = {key: asdict(model)[key] for key in found}
    if found != wanted:
        raise ConfigError(f"autoencoder={folder}: made with {found}, the recipe's model has {wanted}; set them alike.")
    return vae.eval().requires_grad_(False)


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of an autoencoder that diffusers can load."""
    torch.manual_seed(recipe.seed)
    scenes = Scenes(recipe.pairs, recipe.seed, recipe.model.size)
    train(AutoencoderTask(recipe), SceneBatches(scenes, recipe.batch), recipe.train, out)
    return out
