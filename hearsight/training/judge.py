"""Train the judge: the picture classifier by which adherence is measured. It sees composed pictures only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.pictures import Pictures, load_pictures
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.files import save_json
from hearsight.hub.network import save_network
from hearsight.seeds import derive
from hearsight.training.loop import TrainConfig, train
from hearsight.training.rough_pictures import roughened


@dataclass(frozen=True)
class Recipe:
    """How a judge is trained."""

    data: Path
    """A prepared data folder, e.g. of `hearsight data make pocket`."""
    train: TrainConfig
    """The loop's settings."""
    seed: int = 0
    """Seed of the weights and of every batch."""
    size: int = 64
    """Height and width of the pictures."""
    width: int = 32
    """Channels of the network's first stage."""
    batch: int = 128
    """Pictures per step."""


@dataclass(frozen=True, eq=False)
class JudgeBatches:
    """Batch n, a function of (seed, n): pictures drawn with replacement and shifted by a few pixels."""

    pictures: Pictures
    size: int
    seed: int

    def batch(self, index: int) -> dict[str, Tensor]:
        """Pictures [batch, 3, height, width] in [-1, 1] and the number of their class."""
        random = np.random.default_rng(derive(self.seed, "judge", index))
        chosen = random.integers(len(self.pictures.classes), size=self.size)
        shift = tuple(int(pixels) for pixels in random.integers(-4, 5, 2))
        pixels = torch.roll(self.pictures.batch(chosen), shift, dims=(2, 3))
        return {"pixels": pixels, "classes": torch.from_numpy(self.pictures.classes[chosen])}


class JudgeTask:
    """Cross entropy of the picture classifier, on pictures with a little noise and blur.

    A drawn picture is never as clean as a composed one: noise and blur while learning keep the judge from being
    swayed by them.
    """

    def __init__(self, config: PictureClassifierConfig, unseen: Pictures) -> None:
        self.modules: nn.Module = convert_conv2d_weight_memory_format(PictureClassifier(config), torch.channels_last)
        self.unseen = unseen

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """Cross entropy and the share named rightly; noise and blur come from torch's global CPU generator."""
        pixels = batch["pixels"].contiguous(memory_format=torch.channels_last)
        scores = self.modules(roughened(pixels, 0.2))
        loss = nn.functional.cross_entropy(scores.float(), batch["classes"], label_smoothing=0.05)
        return {"loss": loss, "accuracy": (scores.argmax(dim=-1) == batch["classes"]).float().mean()}

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the judge and its accuracy on pictures it has never seen."""
        assert isinstance(modules, PictureClassifier)
        save_network(out, "picture_classifier", modules)
        save_json(out / "metrics.json", {"accuracy_unseen": accuracy(modules, self.unseen)})


def run(recipe: Recipe, out: Path) -> Path:
    """Train a judge as `recipe` says; `out` becomes its folder, with its accuracy on unseen pictures beside it."""
    torch.manual_seed(recipe.seed)
    pictures = load_pictures(recipe.data, "train", recipe.size)
    unseen = load_pictures(recipe.data, "held_out", recipe.size)
    task = JudgeTask(PictureClassifierConfig(pictures.labels, recipe.size, recipe.width), unseen)
    train(task, JudgeBatches(pictures, recipe.batch, recipe.seed), recipe.train, out)
    return out


@torch.inference_mode()
def accuracy(judge: PictureClassifier, pictures: Pictures, batch: int = 256) -> float:
    """Share of `pictures` that `judge` names rightly."""
    right = 0
    for start in range(0, len(pictures.classes), batch):
        pixels = torch.from_numpy(pictures.pixels[start : start + batch].copy())
        seen = judge.probabilities(pixels).argmax(dim=-1).cpu().numpy()
        right += int((seen == pictures.classes[start : start + batch]).sum())
    return right / len(pictures.classes)
