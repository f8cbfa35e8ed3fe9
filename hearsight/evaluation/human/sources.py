"""The pictures of a study: who drew them, of which sound, and what that sound is called.

A PNG drawn by Hearsight tells all but the last in its recipe. Pictures of others are told by where they lie:
FOLDER/[LABEL/]NAME.png or NAME_SEED.png was drawn of the sound NAME.
"""

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from hearsight.data.pairs import SUFFIXES
from hearsight.errors import DataError, SoundError

SEED = re.compile(r"_\d+$")
"""What `hearsight generate --count` appends to the name of a sound."""


@dataclass(frozen=True)
class Drawn:
    """A picture that was drawn of a sound."""

    picture: Path
    """Its file."""
    method: str
    """The system that drew it."""
    name: str
    """The sound's name, without a suffix."""
    sound: Path | None
    """The sound's file, where it was found."""
    label: str
    """The class of the sound in plain words; empty where nobody says."""
    identity: str
    """The same for pictures of the same sound, whoever drew them."""


@dataclass(frozen=True)
class Labels:
    """Where the label of a sound comes from, besides the folder that a picture lies in."""

    table: Path | None = None
    """A CSV with the columns path (of a sound or picture) and label, such as the manifest.csv of a data folder."""
    from_names: bool = False
    """Whether the file name is the label: `clock_tick.ogg` is a clock tick."""


def find(
    folders: Sequence[tuple[str | None, Path]], *, sounds: Path | None = None, labels: Labels | None = None
) -> list[Drawn]:
    """Every picture below the folders.

    Args:
        folders: each with the name of the system that drew what is in it; None: the one that the recipes name, or for
            pictures without a recipe the folder's name.
        sounds: folder to look for sounds in; by default they are where the recipes say.

    Raises DataError for a folder without pictures, and where a name fits several sounds or labels.
    """
    labels = labels or Labels()
    index = Names(_sounds_in(sounds)) if sounds else None
    table = _table(labels.table) if labels.table else None
    drawn = []
    for method, folder in folders:
        for path in _pictures_in(folder):
            recipe = _recipe(path)
            sound = _sound(path, folder, recipe, index)
            inside = path.relative_to(folder)
            named = PurePath(_heard(recipe).get("path") or sound or inside)
            name = named.stem if sound or _heard(recipe).get("path") else SEED.sub("", inside.stem)
            parent = inside.parent.name
            label = _label(inside, named, name, table) if table else parent or (name if labels.from_names else "")
            drawn.append(
                Drawn(
                    picture=path,
                    method=method or recipe.get("system") or folder.resolve().name,
                    name=name,
                    sound=sound,
                    label=label.replace("_", " "),
                    identity=_identity(sound, recipe, inside),
                )
            )
    return drawn


class Names:
    """Finds the file that a path means, though it may lie elsewhere now: by as much of its end as it takes."""

    def __init__(self, paths: Iterable[PurePath]) -> None:
        self._by_stem: dict[str, list[PurePath]] = {}
        for path in paths:
            self._by_stem.setdefault(path.stem, []).append(path)

    def find(self, wanted: PurePath) -> PurePath | None:
        """The file whose name is the same but for the suffix; of several, the one whose folders fit best.

        Raises DataError where two fit equally.
        """
        found = self._by_stem.get(wanted.stem, [])
        fits = [_common(wanted, path) for path in found]
        best = [path for path, fit in zip(found, fits, strict=True) if fit == max(fits)]
        if len(best) > 1:
            raise DataError(f"{wanted}: may be {best[0]} or {best[1]}; sort pictures into the same folders as sounds.")
        return best[0] if best else None


def _common(one: PurePath, other: PurePath) -> int:
    """How many folders two paths share, counted from their ends."""
    count = 0
    for mine, its in zip(reversed(one.parent.parts), reversed(other.parent.parts), strict=False):
        if mine != its:
            break
        count += 1
    return count


def _pictures_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder}: is no folder; give folders of pictures, one for each system.")
    found = _files(folder, SUFFIXES["picture"])
    if not found:
        raise DataError(f"{folder}: holds no picture; draw some with hearsight generate SOUNDS --out {folder}.")
    return found


def _sounds_in(folder: Path) -> list[Path]:
    found = _files(folder, SUFFIXES["sound"]) if folder.is_dir() else []
    if not found:
        raise DataError(f"{folder}: holds no sound; give the folder of the sounds that were drawn.")
    return found


def _files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts))


def _recipe(path: Path) -> dict[str, Any]:
    """The recipe of a picture; empty for pictures of others."""
    from hearsight.picture import Picture

    try:
        return Picture.load(path).recipe
    except DataError as error:
        if "no recipe" in str(error):
            return {}
        raise


def _heard(recipe: Mapping[str, Any]) -> dict[str, Any]:
    sound = recipe.get("sound")
    return sound if isinstance(sound, dict) else {}


def _sound(path: Path, folder: Path, recipe: Mapping[str, Any], index: Names | None) -> Path | None:
    told = _heard(recipe).get("path")
    if index:
        inside = path.relative_to(folder)
        names = [PurePath(told)] if told else [inside, inside.with_name(SEED.sub("", inside.stem) + inside.suffix)]
        found = next((one for one in map(index.find, names) if one), None)
        return Path(found) if found else None
    if told:
        places = (Path(told), path.parent / told, path.parent.parent / told)
        return next((place for place in places if place.is_file()), None)
    return None


def _identity(sound: Path | None, recipe: Mapping[str, Any], inside: PurePath) -> str:
    if sound:
        try:
            return hashlib.sha256(sound.read_bytes()).hexdigest()
        except OSError as error:
            raise SoundError(f"{sound}: cannot be read ({error.strerror or error}).") from None
    return _heard(recipe).get("sha256") or str(inside.with_name(SEED.sub("", inside.stem)))


def _table(path: Path) -> dict[PurePath, str]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            missing = {"path", "label"} - set(reader.fieldnames or ())
            if missing:
                raise DataError(f"{path}: lacks the column {min(missing)!r}; the first line names path and label.")
            return {PurePath(row["path"]): row["label"] for row in reader}
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as a table of labels ({error}).") from None


def _label(inside: PurePath, named: PurePath, name: str, table: Mapping[PurePath, str]) -> str:
    """What the table calls a picture, else its sound; empty where it says nothing."""
    names = Names(table)
    for wanted in (inside, named, inside.with_name(name + inside.suffix)):
        found = names.find(wanted)
        if found:
            return table[found]
    return ""
