"""Drawing what was held out: sound by sound, each with seeds of its own, and never the same picture twice.

A folder of drawn pictures looks like `<class>/<name of the sound>_<seed>.png`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from hearsight import __version__
from hearsight.config import plain
from hearsight.data import pairs, words
from hearsight.errors import DataError
from hearsight.evaluation.held_out import HeldOutSound
from hearsight.evaluation.processes import Processes
from hearsight.picture import Picture
from hearsight.sound import Sound
from hearsight.systems.base import System

Progress = Callable[[int, int], None]
NAMED = 3
"""how many of the sounds without a picture an error names"""


@dataclass(frozen=True)
class Drawing:
    """How the sounds are drawn."""

    data: Path
    """The data folder of the sounds."""
    pictures_per_sound: int = 1
    """Pictures of every sound."""
    seed: int = 0
    """Seed of the first picture of every class."""
    topline: bool = False
    """Draw the name of the class instead of the sound: what a system that reads could reach if it heard everything."""

    def seeds(self, sound: HeldOutSound) -> range:
        """Sound n of a class begins at `seed + n`: no two pictures of a class begin with the same noise."""
        first = self.seed + sound.number * self.pictures_per_sound
        return range(first, first + self.pictures_per_sound)

    def draw(
        self, system: System, sound: HeldOutSound, seeds: Sequence[int], settings: dict[str, Any]
    ) -> Iterator[Picture]:
        """Pictures of one sound with consecutive seeds, each as soon as it is there."""
        if not seeds:
            return
        if not self.topline:
            path = self.data / sound.item.path
            yield from system.pictures(path, pictures_per_sound=len(seeds), seed=seeds[0], **settings)
            return
        images = system.draw_words([words.name(sound.label)] * len(seeds), seeds=seeds, **settings)
        for image, seed in zip(images, seeds, strict=True):
            yield Picture(image, {**self._about(system, sound, seed, settings), "source": system.source})

    def _about(self, system: System, sound: HeldOutSound, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
        """What of a picture's recipe is known before it is drawn, and decides what it looks like."""
        heard: dict[str, Any] = (
            {"words": words.name(sound.label)}
            if self.topline
            else {"sound": Sound.read(self.data / sound.item.path).sha256()}
        )
        return {
            "system": system.name,
            "weights": system.weights_sha256,
            **heard,
            "seed": seed,
            "settings": plain(system.settings(**settings)),
            "device": system.device.type,
            "versions": {"hearsight": __version__},
        }

    def is_drawn(self, file: Path, system: System, sound: HeldOutSound, seed: int, settings: dict[str, Any]) -> bool:
        """Whether `file` is the picture that would be drawn: same system, weights, sound, seed, settings and device."""
        if system.weights_sha256 is None or not file.is_file():
            return False
        try:
            recipe = Picture.load(file).recipe
        except DataError:
            return False
        found = {**recipe, "versions": {"hearsight": recipe.get("versions", {}).get("hearsight")}}
        if isinstance(recipe.get("sound"), dict):
            found["sound"] = recipe["sound"].get("sha256")
        wanted = self._about(system, sound, seed, settings)
        return wanted == {key: found.get(key) for key in wanted}


def planned(folder: Path, heard: Sequence[HeldOutSound], drawing: Drawing) -> list[list[Path]]:
    """Where the pictures of every sound will be.

    Raises DataError where two sounds of a class have the same name.
    """
    _refuse_equal_names(heard)
    return [[folder / sound.label / f"{sound.stem}_{seed}.png" for seed in drawing.seeds(sound)] for sound in heard]


def draw_into(
    folder: Path,
    system: System,
    heard: Sequence[HeldOutSound],
    drawing: Drawing,
    settings: dict[str, Any],
    *,
    processes: Processes | None = None,
    progress: Progress | None = None,
) -> list[list[Path]]:
    """Draw all sounds into `folder` and return the files of each; what is there with the same recipe stays."""
    processes = processes or Processes()
    places = planned(folder, heard, drawing)
    share = [number for number in range(len(heard)) if processes.takes(number)]
    for done, number in enumerate(share):
        sound, seeds = heard[number], drawing.seeds(heard[number])
        there = list(
            takewhile(
                lambda pair: drawing.is_drawn(pair[0], system, sound, pair[1], settings),  # noqa: B023 - used at once
                zip(places[number], seeds, strict=True),
            )
        )
        for place, picture in zip(
            places[number][len(there) :], drawing.draw(system, sound, seeds[len(there) :], settings), strict=True
        ):
            picture.save(place)
        if progress:
            progress(done + 1, len(share))
    processes.wait()
    return places


def find(folder: Path, heard: Sequence[HeldOutSound]) -> list[list[Path]]:
    """The pictures of every sound in a folder that somebody drew into, in any of these layouts:

        <class>/<name of the sound>.png      <class>/<name of the sound>_<number>.png      the same without <class>

    Without the class, names must tell the sounds apart. Raises DataError where a sound has no picture.
    """
    _refuse_equal_names(heard)
    stems = [sound.stem for sound in heard]
    known = {(sound.label, sound.stem): number for number, sound in enumerate(heard)}
    known |= {("", stem): number for number, stem in enumerate(stems) if stems.count(stem) == 1}
    found: list[list[Path]] = [[] for _ in heard]
    labels = {sound.label for sound in heard}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in pairs.SUFFIXES["picture"] or path.name.startswith("."):
            continue
        label = path.parent.name if path.parent.name in labels else ""
        name, _, tail = path.stem.rpartition("_")
        number = known.get((label, path.stem), known.get((label, name)) if tail.isdigit() else None)
        if number is not None:
            found[number].append(path)
    missing = [sound.item.path for sound, files in zip(heard, found, strict=True) if not files]
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise DataError(
            f"{folder}: {len(missing)} of {len(heard)} held-out sounds have no picture here "
            f"({', '.join(missing[:NAMED])}{more}); draw them as <class>/<name of the sound>.png."
        )
    return found


def _refuse_equal_names(heard: Sequence[HeldOutSound]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for sound in heard:
        other = seen.setdefault((sound.label, sound.stem), sound.item.path)
        if other != sound.item.path:
            raise DataError(f"{other} and {sound.item.path}: two sounds of a class with one name; rename one of them.")
