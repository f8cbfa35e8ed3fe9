"""Features on disk, found by the hash of the file they were taken from: nothing is ever looked at twice.

A store is a folder of one network's features. Every process that adds to it writes two files of its own: the hashes
(32 bytes each) and, row for row, the features (float32). A row counts when both halves are there, so that processes
may write at once, and what was interrupted loses a row at most.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from jaxtyping import Float, Int

from hearsight.errors import DataError

HASH = 32
NUMBER = np.dtype("<f4")


def content_hash(path: Path) -> bytes:
    """SHA-256 of a file's bytes. Raises DataError where there is no such file."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); put it back, or measure without it.") from None


class Write(Protocol):
    """Adds one file's features."""

    def __call__(self, content: bytes, features: Float[np.ndarray, " feature"]) -> None: ...


class StoredRows:
    """Features of files in a chosen order, read from disk when asked for."""

    def __init__(self, parts: Sequence[np.ndarray], places: Int[np.ndarray, "file 2"], width: int) -> None:
        self._parts, self._places = parts, places
        self.shape = (len(places), width)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, chosen: Any) -> Float[np.ndarray, "some feature"]:
        places = self._places[chosen]
        rows = np.empty((len(places), self.shape[1]), dtype=NUMBER)
        for part in np.unique(places[:, 0]):
            own = places[:, 0] == part
            rows[own] = self._parts[part][places[own, 1]]
        return rows


class FeatureStore:
    """The features of one network in a folder."""

    def __init__(self, folder: Path, width: int) -> None:
        self.folder, self.width = folder, width
        self.reload()

    def reload(self) -> None:
        """See what other processes have added."""
        self._parts: list[np.ndarray] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        for hashes in sorted(self.folder.glob("*.hashes")):
            features = hashes.with_suffix(".features")
            content = hashes.read_bytes()
            there = features.stat().st_size // (self.width * NUMBER.itemsize) if features.exists() else 0
            count = min(len(content) // HASH, there)
            if not count:
                continue
            for row in range(count):
                self._places.setdefault(content[row * HASH : (row + 1) * HASH], (len(self._parts), row))
            self._parts.append(np.memmap(features, NUMBER, "r", shape=(count, self.width)))

    def __contains__(self, content: bytes) -> bool:
        return content in self._places

    def rows(self, contents: Sequence[bytes]) -> StoredRows:
        """The features of files with these hashes, in this order; all of them must be there."""
        places = np.array([self._places[content] for content in contents], dtype=np.int64).reshape(-1, 2)
        return StoredRows(self._parts, places, self.width)

    @contextmanager
    def writing(self) -> Iterator[Write]:
        """Gives a function that adds features; what was added is kept however the block ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = self.folder / uuid.uuid4().hex
        with open(f"{name}.features", "wb") as rows, open(f"{name}.hashes", "wb") as hashes:

            def write(content: bytes, features: Float[np.ndarray, " feature"]) -> None:
                rows.write(np.asarray(features, dtype=NUMBER).tobytes())
                hashes.write(content)

            yield write
