"""Pairs of sound and picture as WebDataset shards: tar files whose members of one stem are one pair.

train-000000.tar
  00000007.flac   the sound
  00000007.jpg    the picture
  00000007.json   what they are and where they come from
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from hearsight.errors import MissingDependency
from hearsight.files import write_atomically

INSTALL = "pip install 'hearsight[data]'"


def write_shard(path: Path, samples: Iterable[tuple[str, Mapping[str, bytes]]]) -> str:
    """Write (key, members by suffix) in the given order as a shard, and return its SHA-256.

    The same samples give the same bytes. Nobody ever sees half a shard. Raises MissingDependency without webdataset.
    """
    require_webdataset()
    from webdataset import TarWriter

    with write_atomically(path) as partial:
        with partial.open("wb") as file, TarWriter(file, user="", group="", mode=0o644, encoder=False, mtime=0) as tar:
            for key, members in samples:
                tar.write({"__key__": key, **members})
        with partial.open("rb") as written:
            return hashlib.file_digest(written, "sha256").hexdigest()


def require_webdataset() -> None:
    """Raises MissingDependency where webdataset is not installed."""
    try:
        import webdataset  # noqa: F401
    except ImportError:
        raise MissingDependency(f"webdataset: shards need it, and it is not installed: {INSTALL}") from None
