"""Composed scenes beside their captions, seen as a search shows pictures: what image and text towers learn from."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor

from hearsight.data.picture_augmentation import PictureAugmentation, vary
from hearsight.data.scenes import Scene, Scenes
from hearsight.files import save_array
from hearsight.samplers.cutouts import CutoutsConfig, cutouts
from hearsight.seeds import derive


@dataclass(frozen=True, eq=False)
class CaptionedScenes:
    """Batch n, a function of (seed, n): scenes drawn with replacement."""

    pixels: UInt8[np.ndarray, "scene 3 size size"]
    """The pictures."""
    tokens: Int[Tensor, "scene token"]
    """Their captions."""
    alike: Int[np.ndarray, " scene"]
    """Equal numbers for scenes that show the same."""
    views: CutoutsConfig
    """How each picture is seen; `count` and `size` are not used."""
    picture_augmentation: PictureAugmentation | None
    """How the colours of each picture are changed; none: not at all."""
    size: int
    """Scenes in a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """`pixels` [batch, 3, size, size] in about [0, 1], `tokens` and `alike`."""
        random = np.random.default_rng(derive(self.seed, "image-text", index))
        chosen = random.integers(len(self.pixels), size=self.size)
        seen = [self._seen(self.pixels[one], random, index, row) for row, one in enumerate(chosen)]
        return {
            "pixels": torch.stack(seen),
            "tokens": self.tokens[torch.from_numpy(chosen)],
            "alike": torch.from_numpy(self.alike[chosen]),
        }

    def _seen(
        self, pixels: UInt8[np.ndarray, "3 size size"], random: np.random.Generator, index: int, row: int
    ) -> Float[Tensor, "3 size size"]:
        if self.picture_augmentation is not None:
            picture = Image.fromarray(pixels.transpose(1, 2, 0))
            pixels = np.array(vary(picture, self.picture_augmentation, random)).transpose(2, 0, 1)
        view = replace(self.views, count=1, size=pixels.shape[-1])
        return cutouts(to_float(pixels), view, self.seed, "view", index, row)[0]


def kinds(scenes: Sequence[Scene]) -> Int[np.ndarray, " scene"]:
    """Equal numbers for scenes that show the same, whatever their captions begin with."""
    numbers: dict[Scene, int] = {}
    return np.array([numbers.setdefault(replace(scene, frame=""), len(numbers)) for scene in scenes])


def drawn(scenes: Scenes, count: int, folder: Path) -> UInt8[np.ndarray, "scene 3 size size"]:
    """The pictures of the first `count` scenes, drawn once and kept in `folder`."""
    from rich.console import Console
    from rich.progress import track

    key = hashlib.sha256(f"{scenes.pairs} {scenes.seed} {scenes.size} {count}".encode()).hexdigest()[:12]
    file = folder / f"scenes-{key}.npy"
    if not file.is_file():
        every = track(range(count), "scenes", console=Console(stderr=True), transient=True)
        pixels = np.stack([np.asarray(scenes.picture(number)).transpose(2, 0, 1) for number in every])
        save_array(file, pixels)
    return np.load(file, mmap_mode="r")


def to_float(pixels: UInt8[np.ndarray, "3 size size"]) -> Float[Tensor, "3 size size"]:
    """8-bit pixels as values in [0, 1]."""
    return torch.from_numpy(np.array(pixels)).float() / 255
