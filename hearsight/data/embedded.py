"""Embeddings of sounds, pictures and texts in a shared space, and what is nearest among them.

What a folder holds is embedded once: sounds and pictures are kept in its hidden cache until a file or network changes.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.data.encodings import encode_files, fingerprint
from hearsight.data.things import Thing
from hearsight.encoders.shared_space import Kind, SharedSpace
from hearsight.errors import ConfigError, DataError, HearsightError

Failed = Callable[[Thing, HearsightError], None]
"""Called for a thing that could not be embedded; the others go on."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """Things and where they lie in the space."""

    names: tuple[str, ...]
    """Paths; of texts the texts themselves."""
    kinds: tuple[Kind, ...]
    """What each is."""
    vectors: Float[np.ndarray, "thing embed"]
    """Of unit length."""
    networks: Mapping[Kind, str]
    """What tells apart the networks that embedded each kind, see `identity`."""

    def nearest(self, query: Float[np.ndarray, " embed"], kind: Kind, top: int) -> list[tuple[str, float]]:
        """The `top` things of one kind that are most like the query, with their cosines, the nearest first."""
        rows = np.flatnonzero(np.array(self.kinds) == kind)
        cosines = self.vectors[rows] @ query
        order = np.argsort(-cosines, kind="stable")[:top]
        return [(self.names[rows[place]], float(cosines[place])) for place in order]

    def require(self, space: SharedSpace, kinds: Sequence[Kind]) -> "Embedded":
        """These; raises ConfigError where things of `kinds` were not embedded by the networks of `space`."""
        for kind in kinds:
            if space.network(kind) is None or identity(space, kind) != self.networks[kind]:
                raise ConfigError(f"these {kind}s were embedded by another network; name that one with --with.")
        return self


def identity(space: SharedSpace, kind: Kind) -> str:
    """A hash of the network that embeds a kind: its weights and its config."""
    network = space.network(kind)
    return fingerprint(network, network.config)


def embed_things(space: SharedSpace, things: Sequence[Thing], failed: Failed) -> Embedded:
    """Embed things, keeping their order; those found in a folder are embedded once and kept in its cache.

    Texts are quick, and are embedded anew; so is all of a folder that cannot be written to. Raises ConfigError where
    nobody in the space embeds such things, DataError where none could be embedded.
    """
    kept: dict[Thing, Float[Tensor, " embed"]] = {}
    for kind in {thing.kind for thing in things}:
        space.embed(kind, [])  # says at once what is missing
    for folder, kind in dict.fromkeys((thing.folder, thing.kind) for thing in things):
        if folder is not None and kind != "text" and os.access(folder, os.W_OK):
            some = [thing for thing in things if (thing.folder, thing.kind) == (folder, kind)]
            kept |= _cached(space, folder, kind, some)
    found = [(thing, kept[thing] if thing in kept else _vector(space, thing, failed)) for thing in things]
    usable = [(thing, vector) for thing, vector in found if vector is not None]
    if not usable:
        raise DataError(f"none of {len(things)} things could be embedded; give some sounds, pictures or texts.")
    kinds = tuple(thing.kind for thing, _ in usable)
    networks = {kind: identity(space, kind) for kind in sorted(set(kinds))}
    vectors = torch.stack([vector for _, vector in usable]).numpy()
    return Embedded(tuple(thing.name for thing, _ in usable), kinds, vectors, networks)


def _cached(
    space: SharedSpace, folder: Path, kind: Kind, things: Sequence[Thing]
) -> dict[Thing, Float[Tensor, " embed"]]:
    """The embeddings of the sounds or pictures of a folder, without those that could not be embedded.

    Their rows hold what is not a number. Who misses them tries again: to say why, and because the library that was
    missing may be here now.
    """
    width = space.embed(kind, []).shape[-1]

    def encode(path: Path) -> Mapping[str, Tensor]:
        vector = _vector(space, Thing(kind, path), lambda thing, error: None)
        return {"embedding": torch.full((width,), torch.nan) if vector is None else vector}

    paths = [thing.path.relative_to(folder).as_posix() for thing in things]
    rows = encode_files(folder, paths, f"{kind}-embeddings", identity(space, kind), encode)
    kept = ((thing, rows.row("embedding", number)) for number, thing in enumerate(things))
    return {thing: vector for thing, vector in kept if vector.isfinite().all()}


def _vector(space: SharedSpace, thing: Thing, failed: Failed) -> Float[Tensor, " embed"] | None:
    try:
        return space.embed(thing.kind, [thing.read()])[0].cpu()
    except HearsightError as error:
        failed(thing, error)
        return None
