"""What the arguments of a command mean: which sounds, and where their pictures go."""

import glob
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from hearsight.errors import ConfigError, DataError

SOUNDS = (".aac", ".aif", ".aiff", ".au", ".caf", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma")
VIDEOS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
SUFFIXES = frozenset(SOUNDS + VIDEOS)
"""What is taken for a sound (or a video with one) when a folder is searched; a file named outright may have any."""


def find_sounds(arguments: Sequence[str]) -> list[Path]:
    """The sounds that files, folders (searched to any depth) and glob patterns name, each once, in that order.

    A file that does not exist is kept, for whoever reads it to report. Raises DataError for a folder or pattern that
    names no sound.
    """
    found: dict[Path, Path] = {}
    for argument in arguments:
        for path in _meant(argument):
            found.setdefault(path.absolute(), path)
    return list(found.values())


def _meant(argument: str) -> list[Path]:
    path = Path(argument)
    if path.is_dir():
        return _required(_sounds_in(path), f"{argument}: no sound in this folder; it was searched for {_known()}.")
    if path.exists() or not glob.has_magic(argument):
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(argument, recursive=True))]
    sounds = [sound for match in matches for sound in (_sounds_in(match) if match.is_dir() else [match])]
    return _required(sounds, f"{argument}: nothing matches this pattern; check it, or give a folder.")


def _sounds_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and _visible(path, folder))


def _visible(path: Path, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _required(paths: list[Path], message: str) -> list[Path]:
    if not paths:
        raise DataError(message)
    return paths


def _known() -> str:
    return " ".join(sorted(SUFFIXES))


def picture_paths(sounds: Sequence[Path], out: Path, seeds: Sequence[int]) -> Iterator[list[Path]]:
    """Per sound, the file of each seed's picture.

    `out` is a folder, or the one file (.png) of one picture. Names are <stem>.png, with several seeds
    <stem>_<seed>.png; sounds of the same stem are told apart by suffix and folder names.
    """
    if out.suffix.lower() == ".png":
        if len(sounds) * len(seeds) != 1:
            raise ConfigError(f"--out {out}: one file cannot hold {len(sounds) * len(seeds)} pictures; give a folder.")
        yield [out]
        return
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: is a file; give a folder, or a name that ends with .png for one picture.")
    for name in unique_names(sounds):
        yield [out / (f"{name}.png" if len(seeds) == 1 else f"{name}_{seed}.png") for seed in seeds]


def unique_names(paths: Sequence[Path]) -> list[str]:
    """A file name (without suffix) for every path, different also where upper and lower case are the same.

    The stem where it is the only one of its kind, else as much of the path as it takes, and at worst a short hash of
    it; the order of the paths does not matter.
    """
    names = [path.stem for path in paths]
    for depth in range(1, max((len(path.parts) for path in paths), default=0) + 1):
        clashing = _clashing(names)
        if not clashing:
            return names
        names = ["_".join(_words(path)[-depth:]) if at in clashing else names[at] for at, path in enumerate(paths)]
    clashing = _clashing(names)
    return [f"{name}_{_mark(paths[at])}" if at in clashing else name for at, name in enumerate(names)]


def _mark(path: Path) -> str:
    return hashlib.sha256(path.as_posix().encode()).hexdigest()[:6]


def _clashing(names: Sequence[str]) -> set[int]:
    counts = Counter(name.casefold() for name in names)
    return {at for at, name in enumerate(names) if counts[name.casefold()] > 1}


def _words(path: Path) -> tuple[str, ...]:
    """The parts of a path as words of a file name: a/dog.wav is a, dog_wav."""
    *folders, name = (part.strip("/\\:") for part in path.parts)
    return (*(folder for folder in folders if folder not in ("", ".", "..")), name.replace(".", "_"))
