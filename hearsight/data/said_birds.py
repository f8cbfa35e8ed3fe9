"""Birds of which only what a sentence says is true, and birds of which one word is not.

A sentence names some parts' colours, a species has them all. Whoever learns from species alone learns 150 of them by
heart, and draws the nearest one when it hears of another. Here every part that a sentence does not name has any colour,
so there is nothing to know but words. Birds of the colours of held-out species are never drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int, UInt8
from torch import Tensor

from hearsight.data import pairs
from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_species import BEAK_COLOURS, PARTS, Part, Species
from hearsight.data.bird_words import Description
from hearsight.data.birds import Birds
from hearsight.data.pairs import Split
from hearsight.data.spoken_birds import SpokenBirds
from hearsight.errors import DataError
from hearsight.files import save_array
from hearsight.seeds import derive

BLOCK = 100
"""Sentences whose pictures are in one file."""

Pictures = UInt8[np.ndarray, "sentence picture 3 size size"]


@dataclass(frozen=True, eq=False)
class SaidBirds(SpokenBirds):
    """`SpokenPictures` of what is said: picture n is of sentence n // (pictures of a sentence)."""

    pictures: Pictures
    """What is true of every sentence."""
    untruths: Pictures
    """The same with one colour that is not what was said."""

    @classmethod
    def _drawn(cls, folder: Path, split: Split, birds: Birds, pictures: int) -> dict[str, Pictures]:
        said, cache = _said(folder, split, birds), folder / ".cache"
        return {
            "pictures": said_pictures(birds, said, pictures, cache),
            "untruths": said_pictures(birds, said, pictures, cache, lie=True),
        }

    @property
    def labels(self) -> tuple[str, ...]:
        """Every sentence is a class of its own, called by its number."""
        return tuple(str(sentence) for sentence in range(self.spoken))

    def sentences(self, picture: int) -> Int[np.ndarray, " sentence"]:
        """The one sentence that a picture shows."""
        return np.array([picture // self.pictures.shape[1]])

    def untrue(self, picture: int, random: np.random.Generator) -> UInt8[Tensor, "3 size size"]:
        """A picture of the same sentence of which one word is not true."""
        lies = self.untruths[picture // self.pictures.shape[1]]
        return torch.from_numpy(lies[int(random.integers(len(lies)))])


def said_pictures(birds: Birds, said: Sequence[Description], count: int, folder: Path, lie: bool = False) -> Pictures:
    """`count` pictures of every sentence, 8-bit RGB, drawn once; with a `lie`, one named colour of each is another.

    An interrupted drawing goes on where it was.
    """
    from rich.console import Console
    from rich.progress import track

    held_out = {one.colours for one in birds.species("held_out")}

    def draw(number: int) -> Pictures:
        shown = []
        for picture in range(count):
            random = np.random.default_rng(derive(birds.seed, "said", number, picture, lie))
            bird = shown_bird(said[number], held_out, random, lie)
            shown.append(np.asarray(birds.picture(bird, number * count + picture)).transpose(2, 0, 1))
        return np.stack(shown)

    texts = sha256("\n".join(one.text for one in said).encode() + draw(0).tobytes()).hexdigest()[:12]
    mark = f"{'untrue' if lie else 'true'}-{birds.seed}-{birds.size}-{count}-{texts}"
    files = {folder / f"said-{mark}" / f"{first:06}.npy": first for first in range(0, len(said), BLOCK)}
    missing = [file for file in files if not file.is_file()]
    for file in track(missing, "birds", console=Console(stderr=True), transient=True, disable=not missing):
        numbers = range(files[file], min(files[file] + BLOCK, len(said)))
        save_array(file, np.stack([draw(number) for number in numbers]))
    return np.concatenate([np.load(file) for file in files])


def shown_bird(
    said: Description, never: set[tuple[str, ...]], random: np.random.Generator, lie: bool = False
) -> Species:
    """A bird as `said`, with a `lie` but for one colour, and whatever else; its colours are none of `never`."""
    wrong = said.parts[int(random.integers(len(said.parts)))] if lie else None
    while True:
        bird = said.species
        for part in PARTS:
            if part not in said.parts:
                bird = bird.with_colour(part, _any(part, random))
            elif part == wrong:
                bird = bird.with_colour(part, _any(part, random, but=said.species.colour(part)))
        if bird.told_apart and bird.colours not in never:
            return bird


def _said(folder: Path, split: Split, birds: Birds) -> list[Description]:
    """What every sentence says, in the order of the spectrograms: its file is named after its number."""
    known = {one.label: birds.all_descriptions(one) for one in birds.species(split)}
    said = []
    for item in pairs.read(folder, "sound", split):
        number = Path(item.path).stem
        if not number.isdigit() or int(number) >= len(known[item.label]):
            raise DataError(f"{folder / item.path}: is no sentence's number; run `hearsight data speak birds`.")
        said.append(known[item.label][int(number)])
    return said


def _any(part: Part, random: np.random.Generator, but: str | None = None) -> str:
    """A colour that a part may have."""
    words = BEAK_COLOURS if part == "beak" else tuple(COLOURS)
    return str(random.choice([word for word in words if word != but]))
