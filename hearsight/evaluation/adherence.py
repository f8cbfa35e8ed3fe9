"""Adherence: does the picture show what was heard? Asked of a classifier that was trained on pictures alone.

Thesis sections 2.4.3 and 4.3.1: pictures are drawn from held-out sounds, and the share whose predicted class is the
class of the sound is reported, overall and per class. We report the mean over classes, so that a class with many
sounds weighs no more than one with few, with a bootstrap interval over sounds within classes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int, UInt8
from PIL import Image
from torch import Tensor

from hearsight.data import pairs, words
from hearsight.encoders.picture_classifier import PictureClassifier
from hearsight.errors import DataError
from hearsight.picture import Picture
from hearsight.systems.base import System


@dataclass(frozen=True, eq=False)
class Adherence:
    """What the judge saw in the pictures."""

    labels: tuple[str, ...]
    """Class names, in the order of the rows and columns of `confusion`."""
    confusion: Int[np.ndarray, "heard seen"]
    """Pictures by the class of their sound (row) and the class the judge saw (column)."""

    @property
    def per_class(self) -> dict[str, float]:
        """Share of pictures seen rightly, for every class that was drawn."""
        counts = self.confusion.sum(axis=1)
        return {
            label: float(self.confusion[row, row] / counts[row]) for row, label in enumerate(self.labels) if counts[row]
        }

    def mean(self, labels: Sequence[str] | None = None) -> float:
        """Mean over classes (all that were drawn, or the given ones) of the share seen rightly.

        Raises DataError for a class that was not drawn.
        """
        shares = self.per_class
        chosen = shares if labels is None else labels
        missing = [label for label in chosen if label not in shares]
        if missing or not chosen:
            raise DataError(f"{', '.join(missing) or 'no class'}: was not drawn, so has no adherence; draw its sounds.")
        return float(np.mean([shares[label] for label in chosen]))

    def interval(self, level: float = 0.95, draws: int = 2000, seed: int = 0) -> tuple[float, float]:
        """Bootstrap confidence interval of `mean()`, resampling the pictures of each class."""
        random = np.random.default_rng(seed)
        counts = self.confusion.sum(axis=1)
        drawn = counts > 0
        right = np.diag(self.confusion)[drawn] / counts[drawn]
        means = (random.binomial(counts[drawn], right, size=(draws, drawn.sum())) / counts[drawn]).mean(axis=1)
        low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)


def judge_pictures(
    judge: PictureClassifier, pictures: Sequence[Image.Image], heard: Sequence[str], batch: int = 128
) -> Adherence:
    """Ask `judge` what every picture shows and compare with the class of its sound.

    Raises DataError for a class the judge has never seen.
    """
    labels = judge.config.labels
    unknown = sorted(set(heard) - set(labels))
    if unknown:
        raise DataError(f"{', '.join(unknown)}: the judge knows only {', '.join(labels)}; train one on these classes.")
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for start in range(0, len(pictures), batch):
        seen = judge.probabilities(_pixels(pictures[start : start + batch])).argmax(dim=-1)
        for label, column in zip(heard[start : start + batch], seen.tolist(), strict=True):
            confusion[labels.index(label), column] += 1
    return Adherence(labels, confusion)


def _pixels(pictures: Sequence[Image.Image]) -> UInt8[Tensor, "batch 3 height width"]:
    return torch.stack([torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1) for picture in pictures])


def measure(
    system: System,
    data: Path,
    judge: PictureClassifier,
    *,
    sounds_per_class: int | None = None,
    pictures_per_sound: int = 1,
    seed: int = 0,
    topline: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **settings: Any,
) -> tuple[Adherence, list[Picture]]:
    """Draw the held-out sounds of a data folder with `system` and ask `judge` what the pictures show.

    Sound n of a class gets the seed `seed + n`, so that no two pictures of a class begin with the same noise.
    `sounds_per_class` takes the first so many of each class; `settings` go to the system. With `topline` the name of
    the class is drawn instead of the sound: what a system that reads could reach if it heard everything rightly.
    """
    chosen = [
        (label, number, item)
        for label, items in pairs.by_label(pairs.read(data, "sound", "held_out")).items()
        for number, item in enumerate(items[:sounds_per_class])
    ]
    heard: list[str] = []
    pictures: list[Picture] = []
    for label, number, item in chosen:
        first = seed + number * pictures_per_sound
        if topline:
            drawn = _from_words(system, words.name(label), range(first, first + pictures_per_sound), settings)
        else:
            drawn = system(data / item.path, pictures_per_sound=pictures_per_sound, seed=first, **settings)
        pictures += drawn
        heard += [label] * len(drawn)
        if progress:
            progress(len(pictures), len(chosen) * pictures_per_sound)
    return judge_pictures(judge, [picture.image for picture in pictures], heard), pictures


def _from_words(system: System, name: str, seeds: Sequence[int], settings: dict[str, Any]) -> list[Picture]:
    drawn = system.draw_words([name] * len(seeds), seeds=seeds, **settings)
    recipe = {"system": system.name, "source": system.source, "weights": system.weights_sha256, "words": name}
    return [Picture(image, {**recipe, "seed": seed}) for image, seed in zip(drawn, seeds, strict=True)]
