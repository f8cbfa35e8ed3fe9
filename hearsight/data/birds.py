"""Birds in Miniature: drawn birds with ten descriptions each, in the manner of CUB-200-2011.

200 species, 50 of which training never sees; every species an endless row of pictures, and sixty sentences of which
each picture has ten. Nothing is stored: picture and sentences are functions of (seed, species, number).

    birds = Birds(size=64)
    species = birds.species("train")[16]
    birds.picture(species, 0)
    [description.text for description in birds.descriptions(species, 0)]
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from hearsight.data.bird_drawing import Bird, any_bird, draw
from hearsight.data.bird_species import Species, all_species
from hearsight.data.bird_words import Description, descriptions
from hearsight.data.pairs import Split
from hearsight.errors import ConfigError
from hearsight.files import write_atomically
from hearsight.seeds import derive

CAPTIONS = 10
"""Descriptions of every picture, as in CUB."""


@dataclass(frozen=True)
class Birds:
    """An aviary. Other settings, other birds; the same settings, the same birds on every machine."""

    seed: int = 0
    """Another seed, other species, pictures and sentences."""
    size: int = 64
    """Side of a picture in pixels."""
    count: int = 200
    """How many species there are."""
    held_out: int = 50
    """How many of them, the last ones, training never sees."""
    sentences: int = 60
    """How many different descriptions of a species there are, at least `CAPTIONS`: so many must be spoken."""

    def __post_init__(self) -> None:
        if not 0 <= self.held_out <= self.count:
            raise ConfigError(f"held_out={self.held_out}: of {self.count} species, 0 to {self.count} can be held out.")
        if self.sentences < CAPTIONS:
            raise ConfigError(f"sentences={self.sentences}: every picture has {CAPTIONS}; ask for at least as many.")

    @cached_property
    def _species(self) -> tuple[Species, ...]:
        return all_species(self.count, self.seed)

    def species(self, split: Split | None = None) -> tuple[Species, ...]:
        """The species of a split, or all."""
        kept = self.count - self.held_out
        return {"train": self._species[:kept], "held_out": self._species[kept:], None: self._species}[split]

    def split(self, species: Species) -> Split:
        """The side a species is on."""
        return "train" if species.number <= self.count - self.held_out else "held_out"

    def bird(self, species: Species, number: int) -> Bird:
        """Bird `number` of a species: what its picture shows, to be drawn, masked, or given another colour."""
        return any_bird(species, self._random("bird", species.number, number))

    def picture(self, species: Species, number: int) -> Image.Image:
        """The RGB picture of bird `number` of a species."""
        return draw(self.bird(species, number), self.size)

    def all_descriptions(self, species: Species) -> tuple[Description, ...]:
        """Everything that is said about a species."""
        return descriptions(species, self.sentences, self._random("sentences", species.number))

    def descriptions(self, species: Species, number: int) -> tuple[Description, ...]:
        """The ten descriptions that belong to picture `number` of a species."""
        every = self.all_descriptions(species)
        chosen = self._random("captions", species.number, number).permutation(len(every))[:CAPTIONS]
        return tuple(every[place] for place in chosen)

    def _random(self, *parts: int | str) -> np.random.Generator:
        return np.random.default_rng(derive(self.seed, "birds", *parts))


def make(birds: Birds, out: Path, per_species: int = 10, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write pictures and captions in CUB's layout, and return `out`.

    `images/<class>/<name>.png`, `text/<class>/<name>.txt`, `trainvalclasses.txt`, `testclasses.txt`. There are no
    bounding boxes, as a crop around the bird would hide whether it is small or large.
    """
    total = birds.count * per_species
    for done, (species, number) in enumerate(_every(birds, per_species), start=1):
        name = f"{species.label}/{species.label.partition('.')[2]}_{number + 1:04}"
        with write_atomically(out / "images" / f"{name}.png") as partial:
            birds.picture(species, number).save(partial, "PNG")
        lines = [description.text for description in birds.descriptions(species, number)]
        _write_lines(out / "text" / f"{name}.txt", lines)
        if progress:
            progress(done, total)
    _write_lines(out / "trainvalclasses.txt", [species.label for species in birds.species("train")])
    _write_lines(out / "testclasses.txt", [species.label for species in birds.species("held_out")])
    return out


def _every(birds: Birds, per_species: int) -> Iterator[tuple[Species, int]]:
    return ((species, number) for species in birds.species() for number in range(per_species))


def _write_lines(path: Path, lines: list[str]) -> None:
    with write_atomically(path) as partial:
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
