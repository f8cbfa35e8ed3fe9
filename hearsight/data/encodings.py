"""What frozen networks make of the files of a data folder: computed once, cached beside them, read row by row.

The cache is a row of safetensors files of some dozen rows each. They are mapped into memory, so a data set of any size
takes none; an interrupted caching goes on where it was; and a shard is made anew when one of its files changes.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from hearsight.data.shard_members import shards_of
from hearsight.files import stamp, write_atomically

ROWS = 32
"""Files in a shard."""

Encode = Callable[[Path], Mapping[str, Tensor]]
"""Tensors by name of one file; of equal shapes for all files."""


class Encodings(Protocol):
    """Tensors by name, a row for every file."""

    def row(self, name: str, index: int, *place: int) -> Tensor:
        """The tensor `name` of file `index`, or the part of it at `place`."""


@dataclass(frozen=True, eq=False)
class CachedEncodings:
    """Encodings on the disk."""

    shards: tuple[Path, ...]

    def row(self, name: str, index: int, *place: int) -> Tensor:
        shard, row = divmod(index, ROWS)
        part: Tensor = _opened(self.shards[shard]).get_slice(name)[(row, *place)]
        return part


@dataclass(frozen=True, eq=False)
class FreshEncodings:
    """Encodings that are computed whenever they are asked for: slow, but nothing is written."""

    files: tuple[Path, ...]
    encode: Encode

    def row(self, name: str, index: int, *place: int) -> Tensor:
        return self.encode(self.files[index])[name][place]


def encode_files(folder: Path, paths: Sequence[str], kind: str, key: str, encode: Encode) -> CachedEncodings:
    """The encodings of the files `paths` of `folder`, or what is left to be made of them.

    Args:
        paths: files, or members of shards (`shard_members`).
        kind: a word for the names of the cache's files, e.g. `latents`.
        key: tells apart all that `encode` depends on besides the file itself, see `fingerprint`.
    """
    from rich.console import Console
    from rich.progress import track

    shards = {}
    for first in range(0, len(paths), ROWS):
        some = tuple(paths[first : first + ROWS])
        mark = hashlib.sha256(f"{key} {stamp(folder, (*some, *shards_of(some)))}".encode()).hexdigest()[:16]
        shards[folder / ".cache" / f"{kind}-{mark}.safetensors"] = some
    missing = [shard for shard in shards if not shard.is_file()]
    console = Console(stderr=True)
    for shard in track(missing, kind, console=console, transient=True, disable=not (missing and console.is_terminal)):
        _write(shard, [encode(folder / path) for path in shards[shard]])
    return CachedEncodings(tuple(shards))


def fingerprint(network: nn.Module, *settings: Any) -> str:
    """A hash of a network's weights and of all `settings` that its answer depends on."""
    total = hashlib.sha256(repr(settings).encode())
    for name, value in network.state_dict().items():
        total.update(name.encode() + value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def _write(shard: Path, rows: Sequence[Mapping[str, Tensor]]) -> None:
    from safetensors.torch import save_file

    with write_atomically(shard) as partial:
        save_file({name: torch.stack([row[name] for row in rows]).cpu().contiguous() for name in rows[0]}, partial)


@lru_cache(maxsize=256)
def _opened(shard: Path) -> Any:
    from safetensors import safe_open

    return safe_open(shard, framework="pt")
