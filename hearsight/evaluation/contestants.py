"""The systems that are compared: those whose weights are here, each with a name that tells it from the others."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hearsight.errors import ConfigError, HearsightError
from hearsight.hub.folder import CONFIG, megabytes, read_config, resolve, shipped_names
from hearsight.systems import load
from hearsight.systems.base import System

FIVE = ("audioclip-diffusion", "audiotoken", "wavbrivl", "stylewav", "s2igan")
"""The published ways from sound to picture."""
SPOKEN = ("s2igan",)
"""Those that draw what a spoken sentence says: other sounds tell them nothing."""


@dataclass(frozen=True)
class Contestant:
    """A system that is not loaded yet."""

    name: str
    """What tables call it."""
    source: str
    """What it is loaded by: the name of one that ships, a folder, or a hub id."""
    system: str
    """Which way from sound to picture it goes, e.g. `stylewav`."""
    folder: Path
    """Where its weights are."""

    @property
    def megabytes(self) -> float:
        """All of its weight files together."""
        return megabytes(self.folder)

    @property
    def file_name(self) -> str:
        """Its name as that of a folder."""
        return "_".join(part for part in Path(self.name).parts if part not in ("/", ".", ".."))

    def load(self, device: str | None = None) -> System:
        """The system itself; let go of it before another is loaded."""
        return load(self.source, device=device)


def contestants(sources: Sequence[str] = ()) -> list[Contestant]:
    """The systems of `sources`: names, folders, folders of such folders, hub ids; without any, all that ship.

    Raises ConfigError for a source that is no system.
    """
    found = [_one(place) for source in sources or shipped_names() for place in _places(source)]
    counts = Counter(one.name for one in found)
    return [replace(one, name=one.source) if counts[one.name] > 1 else one for one in dict.fromkeys(found)]


def absent(present: Sequence[Contestant]) -> list[str]:
    """Those of the five that none of `present` is."""
    return [name for name in FIVE if name not in {one.system for one in present}]


def reason(error: Exception) -> str:
    """Why something could not be done, in one line."""
    told = " ".join(str(error).split())
    return told if isinstance(error, HearsightError) else f"{type(error).__name__}: {told}".rstrip(": ")


def _one(source: str) -> Contestant:
    folder = resolve(source)
    content = read_config(folder)
    name = source if source in shipped_names() else Path(source).name
    return Contestant(name, source, content["system"], folder)


def _places(source: str) -> list[str]:
    """The source itself, or the systems in a folder of systems."""
    folder = Path(source)
    if not folder.is_dir() or (folder / CONFIG).is_file():
        return [source]
    inside = [str(config.parent) for config in sorted(folder.glob(f"*/{CONFIG}")) if _is_system(config.parent)]
    if not inside:
        raise ConfigError(f"{source}: neither a system nor a folder of systems; give one made by save_pretrained.")
    return inside


def _is_system(folder: Path) -> bool:
    try:
        read_config(folder)
    except ConfigError:
        return False
    return True
