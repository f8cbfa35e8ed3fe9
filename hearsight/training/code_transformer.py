"""Train a transformer on the codes of a VQGAN, so that it can draw pictures of the kind it has seen.

Esser, Rombach, Ommer, "Taming Transformers for High-Resolution Image Synthesis" (2021), section 3.2: the cross
entropy of every code, given those before it. It is told nothing of what pictures show, nor of sounds: a search
begins at what it draws and finds there what was heard.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from hearsight.data.picture_codes import picture_codes
from hearsight.device import usable_device
from hearsight.errors import ConfigError
from hearsight.files import save_json, write_atomically
from hearsight.generators import code_transformer
from hearsight.generators.code_transformer import CodeTransformer, CodeTransformerConfig, require_fit
from hearsight.generators.vqgan import VQGAN, VQGANConfig
from hearsight.hub.network import load_network, save_network
from hearsight.samplers.codes import sample_codes
from hearsight.seeds import derive, generator
from hearsight.training.loop import TrainConfig, train
from hearsight.training.picture_grid import picture_grid
from hearsight.training.start import begin

SHOWN = 32
"""Pictures of `samples.png`."""
MEASURED = 64
"""Held-out pictures that are measured at once."""


@dataclass(frozen=True)
class Recipe:
    """How a transformer is trained."""

    data: Path
    """A data folder with pictures; those held out measure."""
    vqgan: Path
    """The folder of the vqgan whose codes are learnt."""
    train: TrainConfig
    """The loop's settings."""
    model: CodeTransformerConfig = field(default_factory=code_transformer.pocket)
    """The network."""
    start: Path | None = None
    """The folder of a code_transformer to begin with, instead of random weights; it must be of the shape `model`."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    batch: int = 64
    """Pictures per step and process."""

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise ConfigError(f"batch={self.batch}: must be at least 1.")


@dataclass(frozen=True, eq=False)
class CodeBatches:
    """Batch n, a function of (seed, n)."""

    codes: Int[Tensor, "picture row column"]
    """Of all pictures there are."""
    size: int
    """Pictures of a batch."""
    seed: int
    """Seed of what is chosen."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """`codes` [batch, row, column]."""
        random = np.random.default_rng(derive(self.seed, "codes", index))
        return {"codes": self.codes[random.integers(len(self.codes), size=self.size)]}


class CodeTransformerTask:
    """Cross entropy; a batch is that of `CodeBatches`."""

    def __init__(self, model: CodeTransformer, painter: VQGAN, held_out: Int[Tensor, "picture row column"]) -> None:
        """`painter` shows what `model` has learnt, `held_out` measures it."""
        self.modules: nn.Module = model
        self.painter, self.held_out = painter, held_out

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, in nats per code."""
        assert isinstance(self.modules, CodeTransformer)
        return {"loss": self.modules.loss(batch["codes"])}

    @torch.no_grad()
    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the transformer, its loss on held-out pictures, and some pictures that it draws."""
        assert isinstance(modules, CodeTransformer)
        save_network(out, "code_transformer", modules)
        device = self.painter.codebook.device
        modules.to(device)
        losses = [modules.loss(some.to(device)) * len(some) for some in self.held_out.split(MEASURED)]
        measured = {"nats_per_code": float(sum(losses)) / len(self.held_out), "pictures": len(self.held_out)}
        save_json(out / "metrics.json", measured)
        codes = sample_codes(modules, [generator(number) for number in range(SHOWN)])
        with write_atomically(out / "samples.png") as partial:
            picture_grid(self.painter.decode(self.painter.lookup(codes)).cpu()).save(partial, format="PNG")


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a code_transformer."""
    torch.manual_seed(recipe.seed)
    painter = load_network(recipe.vqgan, "vqgan", VQGAN, VQGANConfig).to(usable_device(None))
    require_fit(recipe.model, painter.config)
    model = begin("code_transformer", CodeTransformer, recipe.model, recipe.start)
    learnt, held_out = (picture_codes(painter, recipe.data, split) for split in ("train", "held_out"))
    task = CodeTransformerTask(model, painter, held_out)
    train(task, CodeBatches(learnt, recipe.batch, recipe.seed), recipe.train, out)
    return out
