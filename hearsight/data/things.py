"""Sounds, pictures and texts among the files of a folder: whatever can be compared in a shared space."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from hearsight.data import videos
from hearsight.data.pairs import SUFFIXES
from hearsight.data.shard_members import TAR, contents
from hearsight.encoders.shared_space import KINDS, Kind
from hearsight.errors import DataError
from hearsight.sound.sound import Sound

SOUNDS = SUFFIXES["sound"] | {".aac", ".au", ".caf", ".oga"} | videos.SUFFIXES
PICTURES = SUFFIXES["picture"] | {".gif", ".tif", ".tiff"}
TEXTS = frozenset((".txt",))


@dataclass(frozen=True)
class Thing:
    """Something to embed."""

    kind: Kind
    """What it is."""
    path: Path
    """The file (or the member of a shard) that it is, or that the text is a line of."""
    text: str = ""
    """The text itself, nothing for sounds and pictures."""
    folder: Path | None = None
    """The folder it was found in, whose cache may keep its embedding; None for a file that was named outright."""

    @property
    def name(self) -> str:
        """What lists call it: the text, or the path."""
        return self.text or self.path.as_posix()

    def read(self) -> Sound | Image.Image | str:
        """The thing itself. Raises SoundError for a silent or broken sound, DataError for a broken picture."""
        if self.kind == "sound":
            source = contents(self.path) if self.path.parent.suffix == TAR else self.path
            return Sound.read(source, name=self.path.name).require_audible()
        return picture(self.path) if self.kind == "picture" else self.text


def kind_of(path: Path) -> Kind:
    """What a file is by its name; one that is named outright and has an unknown suffix is taken for a sound."""
    suffix = path.suffix.lower()
    return "picture" if suffix in PICTURES else "text" if suffix in TEXTS else "sound"


def things_in(folder: Path, kinds: Collection[Kind] = KINDS) -> list[Thing]:
    """The things below a folder, in the order of their paths; what is hidden is left out.

    Raises DataError where there are none of these kinds.
    """
    known = SOUNDS | PICTURES | TEXTS
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in known and _visible(path, folder))
    found = [replace(thing, folder=folder) for path in paths if kind_of(path) in kinds for thing in things_of(path)]
    if not found:
        raise DataError(f"{folder}: there is no {' and no '.join(kinds) or 'thing'} in this folder; give another.")
    return found


def things_of(path: Path) -> list[Thing]:
    """What one file holds: a sound, a picture, or in a .txt file a text in every line that is not empty.

    Raises DataError where there is no such file, or nothing in it that can be read.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file or folder; check the name.")
    if kind_of(path) != "text":
        return [Thing(kind_of(path), path)]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a text that can be read ({error}); save it as UTF-8.") from None
    return [Thing("text", path, " ".join(line.split())) for line in lines if line.strip()]


def picture(path: Path) -> Image.Image:
    """The picture in a file, or in a member of a shard, in RGB. Raises DataError for one that cannot be read."""
    try:
        with Image.open(contents(path)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # SyntaxError: a broken PNG
        raise DataError(f"{path}: not a picture that can be read ({error}); convert it to PNG.") from None


def _visible(path: Path, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
