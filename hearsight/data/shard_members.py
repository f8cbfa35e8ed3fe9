"""Members of prepared shards as if they were files of a data folder: `train-000000.tar/00000007.flac`.

A shard is an uncompressed tar, so that any member can be read from its place without what comes before it.
"""

import io
import json
import tarfile
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hearsight.data.pairs import Item, Split
from hearsight.data.prepare import MANIFEST
from hearsight.data.prepare_bench import MEMBERS
from hearsight.data.shards import Shards
from hearsight.errors import DataError

TAR = ".tar"


def is_prepared(folder: Path) -> bool:
    """Whether a folder holds shards that `hearsight data prepare` has finished."""
    return (folder / MANIFEST).is_file()


def shard_items(folder: Path, split: Split = "train") -> list[Item]:
    """The sounds and pictures of a split; those of one clip share their `group`.

    Raises DataError for a shard that cannot be read.
    """
    shards = Shards(folder).manifest["splits"].get(split, {}).get("shards", ())
    items = []
    for shard in shards:
        tar = folder / shard["file"]
        for member in sorted(_members(tar, tar.stat().st_mtime_ns)):
            if member.endswith(".json"):
                about = json.loads(contents(tar / member).read())
                stem = f"{shard['file']}/{member.removesuffix('.json')}"
                items += [
                    Item(f"{stem}{suffix}", kind, about["label"], split, about["clip"])  # type: ignore[arg-type]
                    for suffix, kind in MEMBERS.items()
                ]
    return items


def contents(path: Path) -> BinaryIO:
    """What is in a file, or in a member of a shard that is named like a file below it."""
    tar = path.parent
    if tar.suffix != TAR:
        return path.open("rb")
    place = _members(tar, tar.stat().st_mtime_ns).get(path.name)
    if place is None:
        raise DataError(f"{path}: this shard has no such member; prepare the videos again.")
    offset, size = place
    with tar.open("rb") as file:
        file.seek(offset)
        return io.BytesIO(file.read(size))


def shards_of(names: tuple[str, ...]) -> tuple[str, ...]:
    """The shards that some of `names` are members of, each once."""
    parents = (str(PurePosixPath(name).parent) for name in names)
    return tuple(dict.fromkeys(parent for parent in parents if parent.endswith(TAR)))


@lru_cache(maxsize=4096)
def _members(tar: Path, changed: int) -> dict[str, tuple[int, int]]:
    """Where in a shard every member begins, and its size in bytes; read anew when the file has changed."""
    try:
        with tarfile.open(tar, "r:") as opened:
            return {member.name: (member.offset_data, member.size) for member in opened}
    except (OSError, tarfile.TarError) as error:
        raise DataError(f"{tar}: not a shard that can be read ({error}); prepare the videos again.") from None
