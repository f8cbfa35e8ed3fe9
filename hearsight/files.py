"""Writing files so that nobody ever sees half of one, and telling whether files are still the same."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well and removed when it does not.

    The temporary name is hidden and keeps the suffix, so that writers who look at the suffix still find it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{os.getpid()}-{path.name}")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def save_array(path: Path, array: "np.ndarray") -> None:
    """Write a NumPy file, whole or not at all."""
    import numpy as np

    with write_atomically(path) as partial:
        np.save(partial, array)


def save_json(path: Path, content: object) -> None:
    """Write a JSON file for people to read, too, whole or not at all."""
    with write_atomically(path) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n")


def stamp(folder: Path, names: Iterable[str]) -> str:
    """A short hash of the files `names` of `folder`: another as soon as one is renamed, changed, added or gone.

    It looks at sizes and times of last change, not into the files: thousands take a moment.
    """
    total = hashlib.sha256()
    for name in names:
        path = folder / name
        about = path.stat() if path.exists() else None
        total.update(f"{name}\0{about and (about.st_size, about.st_mtime_ns)}\n".encode())
    return total.hexdigest()[:16]
