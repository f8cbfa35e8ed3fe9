"""Train the U-Net to take noise out of pictures while it listens (Ho et al., algorithm 1; thesis section 3.3.3).

A training pair is any picture and any sound of one class. The sounds' embeddings are computed once and cached, so that
a step costs no hearing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.conditions.projection import PCAProjection, drop_condition
from hearsight.data.embeddings import Embeddings, embed_sounds
from hearsight.data.pictures import Pictures, load_pictures
from hearsight.data.words import name
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.errors import DataError
from hearsight.generators.pixel_unet import PixelUNet, PixelUNetConfig
from hearsight.hub.folder import load_weights
from hearsight.samplers.noise import NoiseSchedule, add_noise, target
from hearsight.seeds import derive
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion, AudioCLIPDiffusionConfig
from hearsight.systems.find_audioclip import find_audioclip
from hearsight.training.loop import TrainConfig, train


@dataclass(frozen=True)
class Recipe:
    """How a U-Net is trained to draw what an AudioCLIP hears."""

    data: Path
    """A prepared data folder with sounds and pictures, e.g. of `hearsight data make pocket`."""
    audioclip: Path
    """The folder of the trained AudioCLIP whose audio head is listened to, or a system that has one."""
    train: TrainConfig
    """The loop's settings."""
    unet: PixelUNetConfig = field(default_factory=PixelUNetConfig)
    """The network."""
    schedule: NoiseSchedule = field(default_factory=NoiseSchedule)
    """The noise and what is predicted."""
    seed: int = 0
    """Seed of the weights, of every batch and of its noise."""
    batch: int = 64
    """Pictures per step."""
    start: Path | None = None
    """A system folder whose U-Net is trained further; by default the weights are random."""
    timesteps: Literal["uniform", "log_normal"] = "uniform"
    """How often each amount of noise is practised: all timesteps alike (Ho et al.), or as `log_sigma` says. Half of the
    linear schedule's timesteps are almost pure noise, from which little can be learnt."""
    log_sigma: tuple[float, float] = (-0.4, 1.2)
    """Mean and spread of the logarithm of noise over signal for `log_normal` (Karras et al. 2022, section 5)."""
    views: int = 4
    """Differently augmented hearings of each training sound that are cached (the first is the sound as it is)."""
    condition_dropout: float = 0.2
    """Share of pictures that learn without a condition, for classifier-free guidance."""
    embedding_noise: float = 0.0
    """Length of a random vector added to each (unit-length) embedding while learning: it keeps the network from
    listening for traits of the training sounds alone."""


@dataclass(frozen=True, eq=False)
class DiffuseBatches:
    """Batch n, a function of (seed, n): every class equally often, each picture with a sound of its class."""

    pictures: Pictures
    embeddings: Embeddings
    size: int
    seed: int

    def batch(self, index: int) -> dict[str, Tensor]:
        """Pictures [batch, 3, height, width] in [-1, 1] and embeddings [batch, embed]."""
        random = np.random.default_rng(derive(self.seed, "diffuse", index))
        classes = self._classes(index)
        pictures = [random.choice(self.pictures.of_class(one)) for one in classes]
        sounds = [random.choice(self.embeddings.of_class(one)) for one in classes]
        views = random.integers(self.embeddings.vectors.shape[1], size=self.size)
        vectors = torch.from_numpy(self.embeddings.vectors[sounds, views])
        return {"pictures": self.pictures.batch(np.array(pictures)), "embeddings": vectors}

    def _classes(self, index: int) -> list[int]:
        """Classes dealt like cards from decks shuffled one after another: none is left out for long."""
        count, first = len(self.pictures.labels), index * self.size
        decks = range(first // count, (first + self.size - 1) // count + 1)
        shuffled = [np.random.default_rng(derive(self.seed, "deck", deck)).permutation(count) for deck in decks]
        return list(np.concatenate(shuffled)[first - decks[0] * count :][: self.size])


class DiffuseTask:
    """Mean squared error of the predicted noise (or velocity) at a random timestep."""

    def __init__(self, network: PixelUNet, recipe: Recipe, audioclip: AudioCLIP, labels: tuple[str, ...]) -> None:
        self.modules: nn.Module = convert_conv2d_weight_memory_format(network, torch.channels_last)
        self.recipe, self.audioclip, self.labels = recipe, audioclip, labels

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss of one batch; timesteps, noise and dropped conditions come from torch's global generator."""
        pictures, schedule = batch["pictures"], self.recipe.schedule
        timestep = self._timesteps(len(pictures)).to(pictures.device)
        noise = torch.randn(pictures.shape).to(pictures.device)
        noisy = add_noise(pictures, noise, timestep, schedule).contiguous(memory_format=torch.channels_last)
        predicted = self.modules(noisy, timestep, self._condition(batch["embeddings"]))
        return {"loss": nn.functional.mse_loss(predicted.float(), target(pictures, noise, timestep, schedule))}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the system: the AudioCLIP that was listened to and the U-Net that learned."""
        assert isinstance(modules, PixelUNet)
        names = {label: name(label) for label in self.labels}
        config = AudioCLIPDiffusionConfig(self.audioclip.config, self.recipe.unet, self.recipe.schedule, labels=names)
        AudioCLIPDiffusion(config, self.audioclip, modules).save_pretrained(out)

    def _timesteps(self, count: int) -> Int[Tensor, " batch"]:
        """Random timesteps, drawn on the CPU."""
        if self.recipe.timesteps == "uniform":
            return torch.randint(self.recipe.schedule.steps, (count,))
        mean, spread = self.recipe.log_sigma
        kept = self.recipe.schedule.kept()
        sigmas = ((1 - kept) / kept).log() / 2  # rises with the timestep
        return torch.searchsorted(sigmas, mean + spread * torch.randn(count)).clamp(max=len(kept) - 1)

    def _condition(self, embeddings: Float[Tensor, "batch embed"]) -> Float[Tensor, "batch embed"]:
        spread = self.recipe.embedding_noise / embeddings.shape[1] ** 0.5
        heard = embeddings + spread * torch.randn(embeddings.shape).to(embeddings)
        return drop_condition(heard, self.recipe.condition_dropout)


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes a system folder that `hearsight generate --system` can use."""
    torch.manual_seed(recipe.seed)
    audioclip = find_audioclip(str(recipe.audioclip), device="cpu")
    pictures = load_pictures(recipe.data, "train", recipe.unet.size)
    embeddings = embed_sounds(audioclip, recipe.data, "train", views=recipe.views, seed=recipe.seed)
    if embeddings.labels != pictures.labels:
        odd = sorted(set(embeddings.labels) ^ set(pictures.labels))
        raise DataError(f"{recipe.data}: {', '.join(odd)}: a class needs both sounds and pictures to be learnt from.")
    network = PixelUNet(recipe.unet)
    if recipe.start:
        load_weights(network, recipe.start / "unet.safetensors")
    elif isinstance(network.projection, PCAProjection):
        network.projection.fit(torch.from_numpy(embeddings.vectors[:, 0]))
    batches = DiffuseBatches(pictures, embeddings, recipe.batch, recipe.seed)
    task = DiffuseTask(network, recipe, audioclip, pictures.labels)
    train(task, batches, recipe.train, out)
    return out
