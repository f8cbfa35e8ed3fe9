"""What people would say about a bird: templated English descriptions in the manner of CUB's captions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from hearsight.data.bird_species import PARTS, Part, Species

FRAMES = (
    "this {bird} has {features}",
    "a {bird} with {features}",
    "the {bird} has {features}",
    "this is a {bird} with {features}",
    "a {bird} that has {features}",
    "here is a {bird} with {features}",
    "you can see a {bird} with {features}",
    "a picture of a {bird} with {features}",
    "this is a {bird} whose {clauses}",
    "a {bird} whose {clauses}",
)
"""How sentences are built: `features` are like `a red belly and blue wings`, `clauses` like `belly is red`."""
PART_COUNTS = (0.15, 0.35, 0.35, 0.15)
"""How often a description names the colours of two, three, four and five parts."""


@dataclass(frozen=True)
class Description:
    """One sentence about a species."""

    species: Species
    """The species."""
    frame: str
    """One of `FRAMES`."""
    parts: tuple[Part, ...]
    """Whose colours are named, in that order (but the body's comes with the word bird)."""
    figure: bool = True
    """Whether size and build are named, where they are not ordinary."""
    shapes: bool = True
    """Whether the shapes of beak, tail and crest are named."""

    @property
    def text(self) -> str:
        """`this small bird has a red belly, blue wings and a short yellow beak`."""
        named = [part for part in self.parts if part != "body"]
        features, clauses = _listed([self._feature(part) for part in named]), _listed(map(self._clause, named))
        text = self.frame.format(bird=self._bird, features=features, clauses=clauses)
        words = text.split()
        following = [*words[1:], ""]
        return " ".join(_article(after) if word == "a" else word for word, after in zip(words, following, strict=True))

    def with_colour(self, part: Part, word: str) -> "Description":
        """The same sentence with one colour word changed (paper, Figure 3); `part` must be one of `parts`."""
        if part not in self.parts:
            raise ValueError(f"{part}: its colour is not named in {self.text!r}; choose one of {self.parts}.")
        return replace(self, species=self.species.with_colour(part, word))

    @property
    def _bird(self) -> str:
        size = {"medium": ""}.get(self.species.size, self.species.size) if self.figure else ""
        build = {"average": ""}.get(self.species.build, self.species.build) if self.figure else ""
        colour = self.species.body if "body" in self.parts else ""
        return " ".join(word for word in (size, build, colour, "bird") if word)

    def _feature(self, part: Part) -> str:
        colour = self.species.colour(part)
        return f"{colour} wings" if part == "wing" else " ".join(["a", *self._shape(part), colour, part])

    def _clause(self, part: Part) -> str:
        colour = self.species.colour(part)
        return f"wings are {colour}" if part == "wing" else " ".join([*self._shape(part), part, "is", colour])

    def _shape(self, part: Part) -> list[str]:
        words: dict[Part, str] = {"beak": self.species.beak_shape, "tail": self.species.tail_shape}
        if self.species.crest:
            words["head"] = "crested"
        return [words[part]] if self.shapes and part in words else []


def describe(species: Species, random: np.random.Generator) -> Description:
    """A random description of a species; its colours do not change which words are chosen for the rest."""
    frame = FRAMES[random.integers(len(FRAMES))]
    count = int(random.choice([2, 3, 4, 5], p=PART_COUNTS))
    parts = tuple(PARTS[place] for place in random.permutation(len(PARTS))[:count])
    return Description(species, frame, parts, bool(random.random() < 0.7), bool(random.random() < 0.6))


def descriptions(species: Species, count: int, random: np.random.Generator) -> tuple[Description, ...]:
    """`count` different random descriptions of a species."""
    found: dict[str, Description] = {}
    while len(found) < count:
        one = describe(species, random)
        found.setdefault(one.text, one)
    return tuple(found.values())


def _listed(things: Iterable[str]) -> str:
    *before, last = things
    return f"{', '.join(before)} and {last}" if before else last


def _article(word: str) -> str:
    return "an" if word[:1] in tuple("aeiou") else "a"
