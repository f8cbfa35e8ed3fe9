"""Which sounds and pictures belong together: a folder with a manifest, or simply folders named after classes.

Sounds and pictures are paired by their label: no recording belongs to one particular picture.
"""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from hearsight.errors import DataError
from hearsight.files import write_atomically

Kind = Literal["sound", "picture"]
Split = Literal["train", "held_out"]

SUFFIXES: dict[str, frozenset[str]] = {
    "sound": frozenset((".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff", ".aif", ".m4a", ".wma", ".webm")),
    "picture": frozenset((".png", ".jpg", ".jpeg", ".webp", ".bmp")),
}


@dataclass(frozen=True)
class Item:
    """One sound or picture: one row of `manifest.csv`."""

    path: str
    """Path below the data folder, with forward slashes."""
    kind: Kind
    """Whether it is a sound or a picture."""
    label: str
    """The class that pairs sounds with pictures."""
    split: Split = "train"
    """Training never sees what is `held_out`."""
    group: str = ""
    """What must stay on one side of the split: the fold, the speaker, the instrument's program."""
    source: str = ""
    """Where it comes from."""
    licence: str = ""
    """Its licence."""
    attribution: str = ""
    """Whom to name."""


def write_manifest(folder: Path, items: Iterable[Item]) -> Path:
    """Write `folder/manifest.csv`, sorted by path, and return its path."""
    path = folder / "manifest.csv"
    with write_atomically(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Item)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(item) for item in sorted(items, key=lambda item: item.path))
    return path


def read(folder: Path, kind: Kind | None = None, split: Split | None = None) -> list[Item]:
    """The items of a data folder, sorted by path, perhaps only of one kind or one split.

    Without a manifest, files below `sounds/` and `pictures/` are taken: `<split>/<class>/file` or `<class>/file`, the
    latter all for training. Raises DataError when there is nothing.
    """
    manifest = folder / "manifest.csv"
    items = _from_manifest(manifest) if manifest.exists() else _from_folders(folder)
    chosen = [item for item in items if kind in (None, item.kind) and split in (None, item.split)]
    if not chosen:
        wanted = " ".join(word for word in (split, kind) if word) or "item"
        raise DataError(f"{folder}: holds no {wanted}; expected manifest.csv, or files as sounds/<class>/* and so on.")
    return sorted(chosen, key=lambda item: item.path)


def labels(items: Iterable[Item]) -> tuple[str, ...]:
    """The distinct labels in alphabetical order."""
    return tuple(sorted({item.label for item in items}))


def by_label(items: Iterable[Item]) -> dict[str, list[Item]]:
    """The items of each label, labels in alphabetical order."""
    groups: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: (item.label, item.path)):
        groups.setdefault(item.label, []).append(item)
    return groups


def _from_manifest(manifest: Path) -> list[Item]:
    with manifest.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = {"path", "kind", "label"} - set(reader.fieldnames or ())
        if missing:
            raise DataError(f"{manifest}: lacks the column {min(missing)!r}; the first line names path, kind, label …")
        known = {field.name for field in fields(Item)}
        rows = [{key: value for key, value in row.items() if key in known and value} for row in reader]
    for number, row in enumerate(rows, start=2):
        if lacking := {"path", "kind", "label"} - row.keys():
            raise DataError(f"{manifest}: line {number} has no {min(lacking)}; label pairs sounds with pictures.")
    return [Item(**row) for row in rows]  # type: ignore[arg-type]


def _from_folders(folder: Path) -> list[Item]:
    items = []
    for kind, top in (("sound", "sounds"), ("picture", "pictures")):
        for path in sorted((folder / top).rglob("*")):
            parts = path.relative_to(folder).parts
            if path.suffix.lower() in SUFFIXES[kind] and len(parts) > 2:
                split = "held_out" if len(parts) > 3 and parts[1] == "held_out" else "train"
                items.append(Item("/".join(parts), kind, parts[-2], split))  # type: ignore[arg-type]
    return items
