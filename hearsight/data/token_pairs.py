"""Sounds and pictures as a text-to-image model learns to hear them: features, latents and labels, by number."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from hearsight.data import pairs
from hearsight.data.encodings import Encodings
from hearsight.data.pairs import Item
from hearsight.data.shard_members import is_prepared, shard_items
from hearsight.data.stratified import stratified
from hearsight.errors import DataError
from hearsight.seeds import derive

Pairing = Literal["label", "group"]
"""A sound's picture: any one of its class, or one of its own group, as the frames of its video are."""


@dataclass(frozen=True, eq=False)
class SoundsWithPictures:
    """Which sounds there are, and which pictures each may be shown with."""

    sounds: tuple[str, ...]
    """Their paths."""
    pictures: tuple[str, ...]
    """Their paths."""
    classes: Int[np.ndarray, " sound"]
    """Index into `labels`."""
    labels: tuple[str, ...]
    """Class names, sorted."""
    shown: tuple[Int[np.ndarray, " some"], ...]
    """For every sound, the numbers of its pictures."""

    @classmethod
    def find(cls, folder: Path, pairing: Pairing = "label", most: int | None = None) -> "SoundsWithPictures":
        """The training sounds that have pictures, `most` of which are kept for each label (or group).

        Args:
            folder: a data folder, or the shards of `hearsight data prepare`.

        Raises DataError where no sound has any.
        """
        items = shard_items(folder) if is_prepared(folder) else pairs.read(folder, split="train")
        heard = [item for item in items if item.kind == "sound"]
        seen = _first([item for item in items if item.kind == "picture"], pairing, most)
        whose: dict[str, list[int]] = {}
        for number, picture in enumerate(seen):
            whose.setdefault(_mark(picture, pairing), []).append(number)
        kept = [item for item in heard if _mark(item, pairing) in whose]
        if not kept:
            raise DataError(
                f"{folder}: no sound shares its {pairing} with a picture; check the manifest, or pair otherwise."
            )
        labels = pairs.labels(kept)
        classes = np.array([labels.index(item.label) for item in kept])
        shown = tuple(np.array(whose[_mark(item, pairing)]) for item in kept)
        return cls(_paths(kept), _paths(seen), classes, labels, shown)


@dataclass(frozen=True, eq=False)
class TokenBatches:
    """Batch n, a function of (seed, n): every class equally often, each sound with a picture of its own."""

    pairs: SoundsWithPictures
    features: Encodings
    """Of the sounds: `features` [view, time, width]."""
    latents: Encodings
    """Of the pictures: `mean` and `std` [channel, height, width]."""
    views: int
    size: int
    seed: int

    def batch(self, index: int) -> dict[str, Tensor]:
        """Features [batch, time, width], mean and std [batch, channel, height, width], label [batch]."""
        random = np.random.default_rng(derive(self.seed, "audiotoken", index))
        labels = stratified(len(self.pairs.labels), self.size, random)
        sounds = [random.choice(np.flatnonzero(self.pairs.classes == label)) for label in labels]
        pictures = [random.choice(self.pairs.shown[sound]) for sound in sounds]
        views = random.integers(self.views, size=self.size)
        heard = [self.features.row("features", int(one), int(view)) for one, view in zip(sounds, views, strict=True)]
        return {
            "features": torch.stack(heard),
            "mean": torch.stack([self.latents.row("mean", int(one)) for one in pictures]),
            "std": torch.stack([self.latents.row("std", int(one)) for one in pictures]),
            "label": torch.from_numpy(labels),
        }


def _mark(item: Item, pairing: Pairing) -> str:
    return item.label if pairing == "label" else item.group


def _first(items: Sequence[Item], pairing: Pairing, most: int | None) -> list[Item]:
    """The first `most` items of each mark."""
    counts: Counter[str] = Counter()
    kept = []
    for item in items:
        counts[_mark(item, pairing)] += 1
        if most is None or counts[_mark(item, pairing)] <= most:
            kept.append(item)
    return kept


def _paths(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(item.path for item in items)
