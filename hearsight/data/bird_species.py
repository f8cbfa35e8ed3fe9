"""The species of Birds in Miniature: each is a fixed combination of colours and shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from hearsight.data.bird_colours import COLOURS
from hearsight.seeds import derive

Part = Literal["head", "body", "wing", "belly", "tail", "beak"]
Size = Literal["small", "medium", "large"]
Build = Literal["plump", "average", "slender"]
Beak = Literal["short", "long", "hooked"]
Tail = Literal["short", "long", "forked"]

PARTS: tuple[Part, ...] = get_args(Part)
BEAK_COLOURS = ("red", "orange", "yellow", "black")
"""The words for beaks; every other part may have any colour."""
LIKE_BODY = 0.3
"""How often a head or a tail simply has the colour of the body."""


@dataclass(frozen=True)
class Species:
    """What all birds of one kind have in common: a word of `COLOURS` for every part, and shapes."""

    number: int
    """From 1, as in CUB."""
    head: str
    """Colour of head, throat and crest."""
    body: str
    """Colour of the back, the sides and the rump."""
    wing: str
    """Colour of the wings."""
    belly: str
    """Colour of breast and belly."""
    tail: str
    """Colour of the tail."""
    beak: str
    """Colour of the beak, one of `BEAK_COLOURS`."""
    size: Size = "medium"
    """How much of the picture it fills."""
    build: Build = "average"
    """How round it is."""
    beak_shape: Beak = "short"
    """Shape of the beak."""
    tail_shape: Tail = "short"
    """Shape of the tail."""
    crest: bool = False
    """Whether feathers stand up on its head."""

    def colour(self, part: Part) -> str:
        """The colour word of a part."""
        return str(getattr(self, part))

    @property
    def colours(self) -> tuple[str, ...]:
        """The colour words of all parts."""
        return tuple(self.colour(part) for part in PARTS)

    def with_colour(self, part: Part, word: str) -> "Species":
        """The same shapes with one part of another colour."""
        change: dict[str, Any] = {part: word}
        return replace(self, **change)

    @property
    def told_apart(self) -> bool:
        """Whether wing, belly and beak differ from what they lie on: else one could not see where they end."""
        return self.wing != self.body and self.belly not in (self.body, self.wing) and self.beak != self.head

    @property
    def label(self) -> str:
        """Name of its class and folder, like CUB's: `017.Red_headed_Blue_Finch`."""
        return f"{self.number:03}.{self.head.title()}_headed_{self.body.title()}_{self._kind}"

    @property
    def _kind(self) -> str:
        if self.crest:
            return "Tit" if self.size == "small" else "Jay"
        by_beak = {"hooked": "Parakeet", "long": "Bee_Eater" if self.build == "slender" else "Starling"}
        by_tail = {"forked": "Swallow", "long": "Wagtail"}
        by_build = {"plump": "Robin", "average": "Finch", "slender": "Warbler"}
        return by_beak.get(self.beak_shape) or by_tail.get(self.tail_shape) or by_build[self.build]


def all_species(count: int = 200, seed: int = 0) -> tuple[Species, ...]:
    """The first `count` species of a seed; no two have the same colours."""
    species: dict[tuple[str, ...], Species] = {}
    attempt = 0
    while len(species) < count:
        one = _species(len(species) + 1, np.random.default_rng(derive(seed, "species", attempt)))
        species.setdefault(one.colours, one)
        attempt += 1
    return tuple(species.values())


def _species(number: int, random: np.random.Generator) -> Species:
    words = list(COLOURS)
    body = str(random.choice(words))
    wing = str(random.choice([word for word in words if word != body]))  # else one could not see where it ends
    belly = str(random.choice([word for word in words if word not in (body, wing)]))
    head, tail = (body if random.random() < LIKE_BODY else str(random.choice(words)) for _ in range(2))
    shapes: Mapping[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
        "size": (get_args(Size), (0.35, 0.35, 0.3)),
        "build": (get_args(Build), (0.35, 0.35, 0.3)),
        "beak_shape": (get_args(Beak), (0.5, 0.3, 0.2)),
        "tail_shape": (get_args(Tail), (0.4, 0.4, 0.2)),
    }
    chosen = {name: str(random.choice(names, p=odds)) for name, (names, odds) in shapes.items()}
    beak = str(random.choice([word for word in BEAK_COLOURS if word != head]))
    return Species(number, head, body, wing, belly, tail, beak, **chosen, crest=bool(random.random() < 0.25))  # type: ignore[arg-type]
