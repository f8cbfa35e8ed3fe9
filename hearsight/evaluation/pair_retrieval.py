"""How well a shared space brings together what belongs together: retrieval over a folder of pairs.

Sounds look for the pictures of their class, and pictures for its sounds; where something reads, so do the names of the
classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearsight.data import pairs, words
from hearsight.data.embedded import embed_things
from hearsight.data.pairs import Item, Split
from hearsight.data.shard_members import is_prepared, shard_items
from hearsight.data.things import Thing
from hearsight.data.token_pairs import Pairing
from hearsight.encoders.shared_space import Kind, SharedSpace
from hearsight.errors import DataError, HearsightError
from hearsight.evaluation.retrieval import Retrieval, retrieve, same_class

NEEDED: tuple[pairs.Kind, ...] = ("sound", "picture")


@dataclass(frozen=True, eq=False)
class Direction:
    """Things of one kind that looked for things of another."""

    query: Kind
    """What was asked with."""
    candidate: Kind
    """What was looked for."""
    candidates: int
    """Among how many."""
    found: Retrieval
    """How that went, for every query that has a right answer."""


@dataclass(frozen=True, eq=False)
class _Marked:
    """Embeddings of one kind, and what tells which of another kind belong to them."""

    marks: tuple[str, ...]
    vectors: Float[np.ndarray, "thing embed"]


def measure(
    space: SharedSpace, folder: Path, *, split: Split = "held_out", pairing: Pairing = "label"
) -> list[Direction]:
    """Retrieval both ways between the sounds, the pictures and the class names of a data folder.

    Args:
        pairing: an answer is right where it is of the query's class (`label`), or of its group, as the frames of one
            video are (`group`); names belong to classes alone.

    Queries whose class or group has no candidate are left out. Raises ConfigError for a space without sounds or
    pictures, DataError where the folder lacks such items or they have nothing in common, and what reading a broken one
    raises.
    """
    for kind in NEEDED:
        space.embed(kind, [])  # says at once what is missing
    known: dict[Kind, _Marked] = {kind: _files(space, folder, kind, split, pairing) for kind in NEEDED}
    if pairing == "label" and "text" in space.kinds:
        known["text"] = _names(space, sorted({mark for one in known.values() for mark in one.marks}))
    return [_direction(asked, sought, known[asked], known[sought]) for asked, sought in permutations(known, 2)]


def _direction(query: Kind, candidate: Kind, asked: _Marked, offered: _Marked) -> Direction:
    relevant = same_class(asked.marks, offered.marks)
    answered = relevant.any(axis=1)
    if not answered.any():
        raise DataError(f"no {query} shares its class with a {candidate}; look at the labels of the manifest.")
    similarity = asked.vectors[answered] @ offered.vectors.T
    return Direction(query, candidate, len(offered.marks), retrieve(similarity, relevant[answered]))


def _files(space: SharedSpace, folder: Path, kind: pairs.Kind, split: Split, by: Pairing) -> _Marked:
    items = _items(folder, kind, split)
    things = [Thing(kind, folder / item.path, folder=folder) for item in items]
    return _Marked(
        tuple(item.label if by == "label" else item.group for item in items),
        embed_things(space, things, _refuse).vectors,
    )


def _items(folder: Path, kind: pairs.Kind, split: Split) -> list[Item]:
    """The files of a data folder, or the members of its shards."""
    if not is_prepared(folder):
        return pairs.read(folder, kind, split)
    items = [item for item in shard_items(folder, split) if item.kind == kind]
    if not items:
        raise DataError(f"{folder}: holds no {split} {kind}; choose another --split, or prepare more videos.")
    return items


def _names(space: SharedSpace, labels: Sequence[str]) -> _Marked:
    things = [Thing("text", Path(), words.name(label)) for label in labels]
    return _Marked(tuple(labels), embed_things(space, things, _refuse).vectors)


def _refuse(thing: Thing, error: HearsightError) -> None:
    """A measurement over some of the things would not be the one that was asked for."""
    raise error
