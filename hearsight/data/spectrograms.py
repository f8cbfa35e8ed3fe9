"""The sounds of a data folder as mel spectrograms in memory, computed once and cached beside them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int

from hearsight.config import plain
from hearsight.data import pairs
from hearsight.data.pairs import Item, Split
from hearsight.files import write_atomically
from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import FilterBank, LogMel, log_mel


@dataclass(frozen=True, eq=False)
class Spectrograms:
    """Whole sounds, each as long as it is, and what they are."""

    decibels: tuple[Float[np.ndarray, "band _"], ...]
    """Mel spectrograms in decibels, float16."""
    classes: Int[np.ndarray, " sound"]
    """Index into `labels`."""
    labels: tuple[str, ...]
    """Class names, sorted."""
    chances: tuple[tuple[Int[np.ndarray, " member"], Float[np.ndarray, " member"]], ...]
    """For each class: its sounds, and how likely each is to be drawn."""

    def draw(self, label: int, random: np.random.Generator) -> Float[np.ndarray, "band _"]:
        """A random sound of a class."""
        members, chances = self.chances[label]
        return self.decibels[random.choice(members, p=chances)]


def load_spectrograms(folder: Path, split: Split, settings: LogMel | FilterBank) -> Spectrograms:
    """The sounds of `split` in a data folder. Raises DataError if there are none, SoundError for one that is broken."""
    items = pairs.read(folder, "sound", split)
    labels = pairs.labels(items)
    classes = np.array([labels.index(item.label) for item in items])
    decibels = _cached(folder, items, split, settings)
    chances = tuple(_chances(items, np.flatnonzero(classes == label)) for label in range(len(labels)))
    return Spectrograms(decibels, classes, labels, chances)


def _chances(
    items: Sequence[Item], members: Int[np.ndarray, " member"]
) -> tuple[Int[np.ndarray, " member"], Float[np.ndarray, " member"]]:
    """Every source of a class by the square root of its size: a few real notes count beside many made-up phrases."""
    sources = [items[member].source for member in members]
    weights = np.array([sources.count(source) ** -0.5 for source in sources])
    return members, weights / weights.sum()


def _cached(
    folder: Path, items: Sequence[Item], split: str, settings: LogMel | FilterBank
) -> tuple[Float[np.ndarray, "band _"], ...]:
    files = [(item.path, (folder / item.path).stat().st_size) for item in items]
    key = hashlib.sha256(json.dumps([files, plain(settings)]).encode()).hexdigest()[:12]
    cache = folder / ".cache" / f"spectrograms-{split}-{key}.npz"
    if not cache.is_file():
        with write_atomically(cache) as partial:
            spectrograms = [_spectrogram(folder / item.path, settings) for item in items]
            lengths = np.array([spectrogram.shape[1] for spectrogram in spectrograms])
            np.savez(partial, all=np.concatenate(spectrograms, axis=1), lengths=lengths)
    with np.load(cache) as arrays:
        every, lengths = arrays["all"], arrays["lengths"]
    return tuple(np.split(every, np.cumsum(lengths)[:-1], axis=1))


@torch.inference_mode()
def _spectrogram(path: Path, settings: LogMel | FilterBank) -> Float[np.ndarray, "band _"]:
    samples = torch.from_numpy(Sound.read(path, rate=settings.rate).mono().samples[0])
    decibels = settings.decibels(samples) if isinstance(settings, FilterBank) else log_mel(samples, settings)
    return decibels.numpy().astype(np.float16)
