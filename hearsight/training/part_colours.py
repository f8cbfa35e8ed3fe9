"""The task of the reader of part colours: drawn birds of any colours, which none of the 200 species need have."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_drawing import draw, with_colour
from hearsight.data.bird_species import BEAK_COLOURS, PARTS
from hearsight.data.birds import Birds
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.files import save_json
from hearsight.hub.network import save_network
from hearsight.pixels import colours, from_uint8
from hearsight.seeds import derive
from hearsight.training.loop import TrainConfig, train
from hearsight.training.rough_pictures import roughened

WORDS = tuple(COLOURS)


def pocket() -> PartColoursConfig:
    """Six parts, nine colours."""
    return PartColoursConfig(PARTS, WORDS)


@dataclass(frozen=True)
class Recipe:
    """How a reader is trained."""

    train: TrainConfig
    """The loop's settings."""
    model: PartColoursConfig = field(default_factory=pocket)
    """The reader."""
    birds: Birds = field(default_factory=Birds)
    """The aviary that lends its shapes."""
    batch: int = 48
    """Pictures per step, each drawn afresh."""
    unseen: int = 500
    """Pictures on which the trained reader is tried."""
    seed: int = 0
    """Seed of the weights and of every batch."""


@dataclass(frozen=True, eq=False)
class AnyBirds:
    """Batch n, a function of (seed, n): birds of random shapes whose parts have random colours, drawn afresh."""

    birds: Birds
    """The aviary that lends its shapes."""
    size: int
    """Rows of a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """`pixels` [batch, 3, size, size] in [-1, 1] and the number of each part's colour, `words` [batch, part]."""
        random = np.random.default_rng(derive(self.seed, "part-colours", index))
        pictures, words = zip(*(self._bird(random) for _ in range(self.size)), strict=True)
        return {"pixels": from_uint8(torch.stack(pictures)), "words": torch.from_numpy(np.stack(words))}

    def _bird(self, random: np.random.Generator) -> tuple[UInt8[Tensor, "3 size size"], Int[np.ndarray, " part"]]:
        species = self.birds.species()
        bird = self.birds.bird(species[random.integers(len(species))], int(random.integers(2**31)))
        words = random.integers(len(WORDS), size=len(PARTS))
        words[PARTS.index("beak")] = WORDS.index(str(random.choice(BEAK_COLOURS)))
        for part, word in zip(PARTS, words, strict=True):
            bird = with_colour(bird, part, WORDS[word])
        return colours(draw(bird, self.birds.size)), words


class PartColoursTask:
    """Cross entropy of every part's colour, on pictures with a little noise and blur, which drawn ones may have too."""

    def __init__(self, reader: PartColours, unseen: dict[str, Tensor] | None = None) -> None:
        """With `unseen`, a batch, `finish` tells how much of it the reader got right."""
        self.modules: nn.Module = reader
        self.unseen = unseen

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """Cross entropy and the share of parts read rightly; noise comes from torch's global CPU generator."""
        logits = self.modules(roughened(batch["pixels"], 0.15)).float()
        loss = cross_entropy(logits.flatten(0, 1), batch["words"].flatten(), label_smoothing=0.02)
        return {"loss": loss, "accuracy": (logits.argmax(dim=-1) == batch["words"]).float().mean()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the reader, and beside it, by part, how many unseen pictures it reads rightly."""
        assert isinstance(modules, PartColours)
        save_network(out, "part_colours", modules)
        if self.unseen is None:
            return
        with torch.inference_mode():
            right = (modules(self.unseen["pixels"]).argmax(dim=-1) == self.unseen["words"]).float().mean(dim=0)
        shares = dict(zip(modules.config.parts, (round(share, 4) for share in right.tolist()), strict=True))
        save_json(out / "metrics.json", {"accuracy_unseen": shares})


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a reader."""
    torch.manual_seed(recipe.seed)
    reader = convert_conv2d_weight_memory_format(PartColours(recipe.model), torch.channels_last)
    unseen = AnyBirds(recipe.birds, recipe.unseen, derive(recipe.seed, "unseen")).batch(0)
    train(PartColoursTask(reader, unseen), AnyBirds(recipe.birds, recipe.batch, recipe.seed), recipe.train, out)
    return out
