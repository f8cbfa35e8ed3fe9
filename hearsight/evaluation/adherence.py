"""Adherence: does the picture show what was heard? Asked of a classifier that was trained on pictures alone.

Thesis sections 2.4.3 and 4.3.1: pictures are drawn from held-out sounds, and the share whose predicted class is the
class of the sound is reported, overall and per class. We report the mean over classes, so that a class with many
sounds weighs no more than one with few, with a bootstrap interval over sounds within classes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from PIL import Image

from hearsight.encoders.picture_classifier import PictureClassifier
from hearsight.errors import DataError
from hearsight.evaluation.drawing import Drawing
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.result import Result
from hearsight.picture import Picture
from hearsight.pixels import colours
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

    def result(self, network: FeatureNetwork) -> Result:
        """As a result of the judge that is this network; no interval where a class has a single picture."""
        counts = self.confusion.sum(axis=1)
        return Result(
            network.named("adherence"),
            self.mean(),
            "higher",
            int(self.confusion.sum()),
            network.name,
            network.weights_sha256,
            self.interval() if counts[counts > 0].min() > 1 else None,
            {"per class": self.per_class, "labels": list(self.labels), "confusion": self.confusion.tolist()},
        )


def judge_pictures(
    judge: PictureClassifier, pictures: Sequence[Image.Image], heard: Sequence[str], batch: int = 128
) -> Adherence:
    """Ask `judge` what every picture shows and compare with the class of its sound.

    Raises DataError for a class the judge has never seen.
    """
    require_known(judge.config.labels, heard)
    seen: list[int] = []
    for start in range(0, len(pictures), batch):
        shown = torch.stack([colours(picture) for picture in pictures[start : start + batch]])
        seen += judge.probabilities(shown).argmax(dim=-1).tolist()
    return confuse(judge.config.labels, heard, seen)


def require_known(labels: Sequence[str], heard: Iterable[str]) -> None:
    """Raises DataError for a class that a judge of these `labels` has never seen."""
    unknown = sorted(set(heard) - set(labels))
    if unknown:
        raise DataError(f"{', '.join(unknown)}: the judge knows only {', '.join(labels)}; train one on these classes.")


def confuse(labels: Sequence[str], heard: Sequence[str], seen: Sequence[int]) -> Adherence:
    """Count what a judge of `labels` has `seen` (a number of each) in pictures of what was `heard`."""
    confusion = np.zeros((len(labels), len(labels)), dtype=np.int64)
    row = {label: number for number, label in enumerate(labels)}
    np.add.at(confusion, ([row[label] for label in heard], list(seen)), 1)
    return Adherence(tuple(labels), confusion)


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
    chosen, drawing = sounds(data, sounds_per_class), Drawing(data, pictures_per_sound, seed, topline)
    heard: list[str] = []
    pictures: list[Picture] = []
    for sound in chosen:
        pictures += drawing.draw(system, sound, drawing.seeds(sound), settings)
        heard += [sound.label] * pictures_per_sound
        if progress:
            progress(len(pictures), len(chosen) * pictures_per_sound)
    return judge_pictures(judge, [picture.image for picture in pictures], heard), pictures
