"""Train an image tower and a text tower together on captioned scenes: a small CLIP, or BriVL's image tower.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), figure 3: cross entropy
of finding each picture's caption in the batch and each caption's picture. An ear is distilled from the image tower, and
a search is guided by it; so it learns from pictures seen the way a search shows them (`samplers/cutouts.py`).

Published towers come of millions of different captions. Of the pocket's scenes several in a batch may look alike, their
captions differing in how they begin alone; `positives: scene` counts all of these as right answers.

BriVL itself learns with queues (see `contrastive_loss.py`) beside a Chinese BERT. Here its image tower, with its colour
jitter and greyscale, learns by CLIP's loss beside CLIP's text tower, which is thrown away.

A tower that begins with a CLIP may also learn to see, in its worst pixels, what that CLIP sees without them
(`closeness`; Schlarmann et al., "Robust CLIP", 2024). Captions make it steady in the directions of words alone, this in
all of them; and what was made for the first embeddings, an ear say, goes with the new ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.data.captioned_scenes import CaptionedScenes, drawn, kinds, to_float
from hearsight.data.picture_augmentation import PictureAugmentation
from hearsight.data.scenes import Scene, Scenes
from hearsight.data.subjects import SUBJECTS
from hearsight.encoders import brivl_image, clip
from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.encoders.clip_text import CLIPText
from hearsight.encoders.tokenizer import Tokenizer
from hearsight.errors import ConfigError
from hearsight.files import save_json
from hearsight.hub.network import load_network, save_network
from hearsight.samplers.cutouts import CutoutsConfig
from hearsight.seeds import derive
from hearsight.training.align_task import soft_contrast
from hearsight.training.frozen_eye import open_eye
from hearsight.training.gathered import gathered
from hearsight.training.loop import TrainConfig, train
from hearsight.training.worst_pixels import WorstPixels, WorstPixelsConfig

UNSEEN = 300
"""Scenes of another seed by which the towers are measured."""


@dataclass(frozen=True)
class Recipe:
    """How two towers are trained."""

    pairs: Path
    """A folder with `pictograms/`, from which scenes are drawn."""
    train: TrainConfig
    """The loop's settings."""
    tower: Literal["clip", "brivl_image"] = "clip"
    """What sees: a CLIP, which is kept whole, or BriVL's image tower, beside which CLIP's text tower learns."""
    size: Literal["pocket", "debug"] = "pocket"
    """Its named size."""
    seed: int = 0
    """Seed of the weights, the scenes and every batch."""
    scenes: int = 20000
    """Scenes that are drawn before training and learnt from."""
    batch: int = 128
    """Scenes per step and process."""
    positives: Literal["pair", "scene"] = "scene"
    """Right answers: a picture's own caption alone, as published, or those of all scenes that show the same."""
    views: CutoutsConfig = field(default_factory=lambda: CutoutsConfig(chance=0.3))
    """How each picture is seen; `count` and `size` are not used."""
    picture_augmentation: PictureAugmentation | None = None
    """How the colours of each picture are changed, as BriVL does; by default they are not."""
    worst_pixels: WorstPixelsConfig = field(default_factory=WorstPixelsConfig)
    """How the pixels are changed that the towers see worst by, so that a search cannot please them with noise."""
    start: Path | None = None
    """The folder of a clip that goes on learning; beside BriVL's image tower, its text tower alone."""
    start_image: Path | None = None
    """The folder of a brivl_image that goes on learning; without it BriVL's image tower begins with random weights."""
    update_text: bool = True
    """Whether the text tower of `start` learns, too."""
    closeness: float = 0.0
    """Weight, beside CLIP's loss, of 1 - the cosine of what the tower sees and what that of `start` sees in the picture
    before its worst pixels."""

    def __post_init__(self) -> None:
        if self.closeness < 0:
            raise ConfigError(f"closeness={self.closeness}: must be at least 0.")
        if self.start_image and self.tower != "brivl_image":
            raise ConfigError(f"start_image={self.start_image}: a clip goes on with both its towers; set start alone.")
        if not self.update_text and self.start is None:
            raise ConfigError("update_text=false: a text tower that does not learn must know something; set start=DIR.")
        if self.closeness and self.start is None:
            raise ConfigError(f"closeness={self.closeness}: there is no tower to be close to; set start=DIR of a clip.")
        if self.scenes < self.batch or self.batch < 2:
            raise ConfigError(f"batch={self.batch}: must be from 2 to the number of scenes, {self.scenes}.")


class ImageTextTask:
    """CLIP's symmetric loss; a batch is that of `data.captioned_scenes.CaptionedScenes`."""

    def __init__(self, model: CLIP, recipe: Recipe, unseen: "Unseen", teacher: CLIP | None = None) -> None:
        """`teacher` is what `recipe.closeness` asks to be like; it is frozen."""
        self.model, self.worst_pixels, self.teacher = model, WorstPixels(recipe.worst_pixels), teacher
        self.modules: nn.Module = nn.ModuleDict({"model": model, "worst_pixels": self.worst_pixels})
        convert_conv2d_weight_memory_format(model.image, torch.channels_last)
        self.recipe, self.unseen = recipe, unseen

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, and how often the nearest caption is a right one."""
        model, tokens = self.model, batch["tokens"]
        text = gathered(model.encode_text(tokens[:, : int(tokens.argmax(dim=1).max()) + 1]).float())
        scene = self.recipe.positives == "scene"
        alike = gathered(batch["alike"]) if scene else torch.arange(len(text), device=text.device)
        right = alike[:, None] == alike
        taught = self._taught(batch["pixels"])

        def compare(pixels: Tensor, text: Tensor) -> tuple[Tensor, Tensor]:
            own = see(model, pixels)
            image = gathered(own)
            with torch.autocast(image.device.type, enabled=False):
                logits = model.logits(image, text)
                loss = soft_contrast(logits, right.float()) / 2
                if taught is not None:
                    loss = loss + self.recipe.closeness * (1 - functional.cosine_similarity(own, taught)).mean()
                return loss, logits

        pixels = self.worst_pixels(batch["pixels"], lambda one: compare(one, text.detach())[0])
        loss, logits = compare(pixels, text)
        found = right.gather(1, logits.argmax(dim=1, keepdim=True))
        return {"loss": loss, "accuracy": found.float().mean()}

    @torch.no_grad()
    def _taught(self, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch embed"] | None:
        """What the teacher sees, where there is one."""
        if self.teacher is None:
            return None
        self.teacher.to(pixels.device)
        return see(self.teacher, pixels)

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the CLIP or BriVL's image tower, and how it does on unseen scenes."""
        assert isinstance(modules, nn.ModuleDict)
        model = modules["model"]
        assert isinstance(model, CLIP)
        if isinstance(model.image, BriVLImage):
            save_network(out, "brivl_image", model.image)
        else:
            save_network(out, "clip", model)
        save_json(out / "metrics.json", self.unseen.measure(model))


@dataclass(frozen=True, eq=False)
class Unseen:
    """Scenes that training does not see, to measure two towers by."""

    pixels: UInt8[np.ndarray, "scene 3 size size"]
    """The pictures."""
    scenes: Sequence[Scene]
    """What they show."""

    @torch.inference_mode()
    def measure(self, model: CLIP) -> dict[str, float]:
        """How often the nearest of all classes' plainest captions is right, and for whole captions, of all distinct."""
        seen = torch.cat([see(model, to_float(pixels)[None]) for pixels in self.pixels])
        labels, captions = list(SUBJECTS), sorted({replace(scene, frame="").caption for scene in self.scenes})
        classes = model.read([Scene(label).caption for label in labels])
        named = (seen @ classes.mT).argmax(dim=1).tolist()
        told = (seen @ model.read(captions).mT).argmax(dim=1).tolist()
        return {
            "accuracy_class": float(
                np.mean([labels[one] == s.label for one, s in zip(named, self.scenes, strict=True)])
            ),
            "accuracy_caption": float(
                np.mean(
                    [captions[one] == replace(s, frame="").caption for one, s in zip(told, self.scenes, strict=True)]
                )
            ),
            "scenes": len(self.scenes),
        }


def run(recipe: Recipe, out: Path) -> Path:
    """Train as `recipe` says; `out` becomes the folder of a clip or of a brivl_image, with its metrics beside it."""
    torch.manual_seed(recipe.seed)
    model, teacher = begin(recipe), open_teacher(recipe)
    assert model.tokenizer is not None  # bytes
    size = model.image.config.size if isinstance(model.image, BriVLImage) else model.config.image.size
    unseen = Scenes(recipe.pairs, derive(recipe.seed, "unseen"), size)
    measured = Unseen(drawn(unseen, UNSEEN, out / "scenes"), [unseen.scene(number) for number in range(UNSEEN)])
    batches = make_batches(Scenes(recipe.pairs, recipe.seed, size), model.tokenizer, recipe, out / "scenes")
    train(ImageTextTask(model, recipe, measured, teacher), batches, recipe.train, out)
    return out


def make_batches(scenes: Scenes, tokenizer: Tokenizer, recipe: Recipe, folder: Path) -> CaptionedScenes:
    """The batches of a recipe; the pictures are drawn into `folder`."""
    told = [scenes.scene(number) for number in range(recipe.scenes)]
    return CaptionedScenes(
        drawn(scenes, recipe.scenes, folder),
        tokenizer([one.caption for one in told]),
        kinds(told),
        recipe.views,
        recipe.picture_augmentation,
        recipe.batch,
        recipe.seed,
    )


def begin(recipe: Recipe) -> CLIP:
    """The towers before training. BriVL's image tower takes the place of CLIP's."""
    begun = load_network(recipe.start, "clip", CLIP, CLIPConfig).requires_grad_(True) if recipe.start else None
    if begun is not None:
        begun.text.requires_grad_(recipe.update_text)
    config = begun.config if begun else clip.pocket() if recipe.size == "pocket" else clip.debug()
    if recipe.tower == "clip":
        return begun or CLIP(config)
    eye = begin_brivl(recipe)
    if begun is None:
        config = replace(config, embed=eye.config.embed)
        return CLIP(config, towers=(eye, CLIPText(config.text, config.embed)))
    if config.embed != eye.config.embed:
        beside = recipe.start_image or f"a {recipe.size} brivl_image"
        raise ConfigError(
            f"start={recipe.start}: gives embeddings of {config.embed} numbers, {beside} has {eye.config.embed}; "
            "take a clip of the same size."
        )
    begun.image = eye
    return begun


def begin_brivl(recipe: Recipe) -> BriVLImage:
    """BriVL's image tower before training. Raises WeightsError for weights that cannot be read."""
    if recipe.start_image:
        return load_network(recipe.start_image, "brivl_image", BriVLImage, BriVLImageConfig).requires_grad_(True)
    return BriVLImage(brivl_image.pocket() if recipe.size == "pocket" else brivl_image.debug())


def open_teacher(recipe: Recipe) -> CLIP | None:
    """The CLIP that `closeness` asks to be like, frozen. Raises WeightsError for weights that cannot be read."""
    if recipe.start is None or not recipe.closeness:
        return None
    eye = open_eye(str(recipe.start))
    assert isinstance(eye, CLIP)  # `begin` read it as one
    return eye


def see(model: CLIP, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch embed"]:
    """Embeddings of pixels in [0, 1], not normalised."""
    shown = normalise(model, pixels).contiguous(memory_format=torch.channels_last)
    return model.encode_image(shown).float()


def normalise(model: CLIP, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch 3 size size"]:
    """Pixels in [0, 1] as the model's image tower takes them."""
    return (model.image if isinstance(model.image, BriVLImage) else model).normalise(pixels)
