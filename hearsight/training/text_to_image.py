"""Train a small Stable Diffusion on captioned scenes: text encoder and U-Net together, on cached latents.

Rombach et al., *High-Resolution Image Synthesis with Latent Diffusion Models* (CVPR 2022), section 3.3; captions are
dropped at random for classifier-free guidance (Ho & Salimans 2021).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float16
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.encodings import fingerprint
from hearsight.data.scenes import Scenes
from hearsight.files import save_array
from hearsight.generators.latent_diffusion import (
    LatentDiffusionConfig,
    build_pipeline,
    learn_tokenizer,
    silence_residuals,
)
from hearsight.seeds import derive
from hearsight.training.autoencoder import open_autoencoder, pixels
from hearsight.training.latent_loss import latent_loss
from hearsight.training.loop import TrainConfig, train

LEARNT_FROM = 4000
"""Captions from which the vocabulary is learnt."""
PART = 1024
"""Scenes whose latents are kept in one file."""


@dataclass(frozen=True)
class Recipe:
    """How a small text-to-image model is trained."""

    pairs: Path
    """A folder with `pictograms/`, from which scenes are drawn."""
    autoencoder: Path
    """The folder of the trained autoencoder, of `hearsight train pocket_autoencoder`."""
    train: TrainConfig
    """The loop's settings."""
    model: LatentDiffusionConfig = field(default_factory=LatentDiffusionConfig)
    """The networks."""
    seed: int = 0
    """Seed of the weights, the scenes and every batch."""
    scenes: int = 16384
    """Scenes whose latents are cached and learnt from."""
    batch: int = 48
    """Scenes per step."""
    caption_dropout: float = 0.1
    """Share of pictures that learn with an empty caption."""


@dataclass(frozen=True, eq=False)
class LatentScenes:
    """Batch n, a function of (seed, n): cached scenes drawn with replacement."""

    moments: Float16[np.ndarray, "scene 2 latent height width"]
    """Mean and deviation of every scene's latent."""
    captions: tuple[str, ...]
    """A caption for every scene."""
    recipe: Recipe
    """How many are drawn, and how often without their caption."""
    tokenizer: Any
    """The text encoder's."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """Latents' means and deviations, and the tokens of their captions."""
        random = np.random.default_rng(derive(self.recipe.seed, "text-to-image", index))
        chosen = random.integers(len(self.moments), size=self.recipe.batch)
        dropped = random.random(self.recipe.batch) < self.recipe.caption_dropout
        texts = ["" if drop else self.captions[one] for one, drop in zip(chosen, dropped, strict=True)]
        moments = torch.from_numpy(self.moments[chosen]).float()
        ids = self.tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt").input_ids
        return {"mean": moments[:, 0], "deviation": moments[:, 1], "ids": ids}


class TextToImageTask:
    """Mean squared error of the predicted velocity (or noise) at a random timestep."""

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline
        unet = convert_conv2d_weight_memory_format(pipeline.unet, torch.channels_last)
        self.modules: nn.Module = TextAndUNet(pipeline.text_encoder, unet)
        self.scale = float(pipeline.vae.config.scaling_factor)

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss of one batch; latents, timesteps and noise come from torch's global generator."""

        def predict(noisy: Tensor, timestep: Tensor) -> Tensor:
            predicted: Tensor = self.modules(noisy, timestep, batch["ids"])
            return predicted

        return {"loss": latent_loss(predict, batch["mean"], batch["deviation"], self.scale, self.pipeline.scheduler)}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the whole pipeline in diffusers' form."""
        assert isinstance(modules, TextAndUNet)
        self.pipeline.register_modules(text_encoder=modules.text_encoder, unet=modules.unet)
        self.pipeline.save_pretrained(out)


class TextAndUNet(nn.Module):
    """The two networks that learn."""

    def __init__(self, text_encoder: nn.Module, unet: nn.Module) -> None:
        super().__init__()
        self.text_encoder, self.unet = text_encoder, unet

    def forward(
        self, noisy: Float[Tensor, "batch latent height width"], timestep: Tensor, ids: Tensor
    ) -> Float[Tensor, "batch latent height width"]:
        """What the U-Net predicts for captions `ids` [batch, token]."""
        predicted: Tensor = self.unet(noisy, timestep, self.text_encoder(ids)[0]).sample
        return predicted


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a pipeline that diffusers can load."""
    torch.manual_seed(recipe.seed)
    scenes = Scenes(recipe.pairs, recipe.seed, recipe.model.size)
    captions = tuple(scenes.scene(number).caption for number in range(recipe.scenes))
    tokenizer = learn_tokenizer(captions[:LEARNT_FROM], recipe.model.vocabulary, recipe.model.context)
    pipeline = build_pipeline(recipe.model, tokenizer)
    silence_residuals(pipeline.unet)
    pipeline.register_modules(vae=open_autoencoder(recipe.autoencoder, recipe.model))
    moments = cached_moments(pipeline.vae, scenes, recipe.scenes, out / "latents")
    batches = LatentScenes(moments, captions, recipe, tokenizer)
    train(TextToImageTask(pipeline), batches, recipe.train, out)
    return out


def cached_moments(
    vae: Any, scenes: Scenes, count: int, folder: Path
) -> Float16[np.ndarray, "scene 2 latent height width"]:
    """Mean and deviation of the latents of the first `count` scenes, computed once and kept in `folder`."""
    from rich.console import Console
    from rich.progress import track

    key = fingerprint(vae, scenes.seed, scenes.size)[:16]
    parts = {first: folder / f"latents-{key}-{first:06}.npy" for first in range(0, count, PART)}
    missing = [first for first, file in parts.items() if not file.is_file()]
    for first in track(missing, "latents", console=Console(stderr=True), transient=True, disable=not missing):
        save_array(parts[first], _moments(vae, scenes, range(first, first + PART)))
    return np.concatenate([np.load(file) for file in parts.values()])[:count]


@torch.no_grad()
def _moments(
    vae: Any, scenes: Scenes, numbers: range, batch: int = 16
) -> Float16[np.ndarray, "scene 2 latent height width"]:
    rows = []
    for first in numbers[::batch]:
        pictures = torch.stack([pixels(scenes, number) for number in range(first, first + batch)])
        posterior = vae.encode(pictures.to(vae.device)).latent_dist
        rows.append(torch.stack([posterior.mean, posterior.std], dim=1).half().cpu().numpy())
    return np.concatenate(rows)
