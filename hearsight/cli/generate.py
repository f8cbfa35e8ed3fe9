"""`hearsight generate`: a picture for every sound, and for every sentence that is said on the spot."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.cli import assignments, options
from hearsight.cli.failures import Failures
from hearsight.cli.inputs import find_sounds, picture_paths
from hearsight.cli.saying import sayings
from hearsight.errors import ConfigError, DataError

if TYPE_CHECKING:
    from PIL.Image import Image

    from hearsight.cli.progress import Progress
    from hearsight.data.saying import Saying
    from hearsight.picture import Picture
    from hearsight.systems.base import System

LONGEST_SHOWN = 60.0
"""seconds of a sound that a contact sheet shows"""


def generate(
    sounds: Annotated[
        list[str] | None, typer.Argument(help="Sounds, videos, folders of them, or glob patterns.", show_default=False)
    ] = None,
    system: options.System = options.DEFAULT_SYSTEM,
    out: Annotated[Path, typer.Option(help="Folder of the pictures, or FILE.png for one.")] = Path("pictures"),
    say: Annotated[list[str] | None, typer.Option(help="A sentence to speak and draw; may be repeated.")] = None,
    voice: Annotated[str | None, typer.Option(help="Who speaks it, as espeak-ng names voices: en-us+m3.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one gives the same picture.")] = 0,
    prompt: options.Prompt = None,
    negative_prompt: options.NegativePrompt = None,
    against: options.Against = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures per sound, with seeds SEED, SEED+1, …")] = 1,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    scheduler: options.Scheduler = None,
    size: options.Size = None,
    others: options.Settings = None,
    part: options.Parts = None,
    pipeline: options.Pipeline = None,
    embedder: options.Embedder = None,
    device: options.Device = None,
    sheet: Annotated[Path | None, typer.Option(help="Also write one PNG that shows all sounds and pictures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture.")] = False,
) -> int:
    """Draw a picture of every sound."""
    said = sayings(say, voice, out)
    paths = [*find_sounds(sounds or []), *said]
    if not paths:
        raise ConfigError("nothing to hear: name sounds, or give a sentence with --say; see hearsight generate --help.")
    seeds = range(seed, seed + count)
    targets = list(picture_paths(paths, out, seeds))
    if sheet and sheet.suffix.lower() != ".png":
        raise ConfigError(f"--sheet {sheet}: the sheet is a PNG; end the name with .png.")

    named = {
        "prompt": prompt,
        "negative_prompt": negative_prompt,
        "against": against,
        "steps": steps,
        "guidance": guidance,
        "scheduler": scheduler,
        "size": size,
    }
    parts = assignments.assignments("--part", part)
    parts |= {name: place for name, place in (("pipeline", pipeline), ("embedder", embedder)) if place}

    from hearsight.cli.progress import progress
    from hearsight.systems import load

    drawn: list[tuple[Path, Picture]] = []
    failures = Failures()
    with progress(len(paths) * count, "waking up") as bar:
        loaded = load(system, device=device, **parts)
        settings = loaded.settings(**assignments.settings(others, named, loaded.defaults()))
        for path, files in zip(paths, targets, strict=True):
            bar.start(path.name)
            with failures.noted(path):
                if path in said:
                    said[path].into(path)
                for picture, file, seconds in _draw(loaded, path, files, seed, settings, bar, said.get(path)):
                    drawn.append((path, picture))
                    bar.finish(f"{path} → {file}  {_heard(picture)}")
                    if as_json:
                        print(json.dumps(_described(picture, path, file, seconds), ensure_ascii=False), flush=True)
    if sheet and drawn:
        _write_sheet(drawn, sheet)
    return failures.report(len(paths))


def _draw(
    system: "System",
    sound: Path,
    files: list[Path],
    seed: int,
    settings: dict[str, Any],
    bar: "Progress",
    said: "Saying | None",
) -> Iterator[tuple["Picture", Path, float]]:
    """Every picture of one sound with its file, already written, and the seconds it took.

    The recipe tells what was said, so that it can be said again; the system hears the sound alone.
    """
    pictures = system.pictures(sound, pictures_per_sound=len(files), seed=seed, callback=bar.step, **settings)
    started = time.perf_counter()
    for picture, file in zip(pictures, files, strict=True):
        if said:
            picture.recipe["sound"]["said"] = asdict(said)
        _save(picture, file)
        yield picture, file, time.perf_counter() - started
        started = time.perf_counter()


def _save(picture: "Picture", file: Path) -> None:
    try:
        picture.save(file)
    except OSError as error:
        raise DataError(f"{file}: cannot be written ({error.strerror or error}); choose another --out.") from None


def _described(picture: "Picture", sound: Path, file: Path, seconds: float) -> dict[str, Any]:
    return {
        "file": str(file),
        "sound": str(sound),
        "seed": picture.recipe["seed"],
        "seconds": round(seconds, 3),
        "classes": picture.recipe["heard"],
    }


def _heard(picture: "Picture") -> str:
    heard = picture.recipe["heard"]
    return f"{heard[0][0].replace('_', ' ')} {heard[0][1]:.0%}" if heard else ""


def _write_sheet(drawn: list[tuple[Path, "Picture"]], file: Path) -> None:
    from hearsight.files import write_atomically
    from hearsight.sound import Sound
    from hearsight.studio.contact_sheet import Tile, contact_sheet

    images: dict[Path, list[Image]] = {}
    for path, picture in drawn:
        images.setdefault(path, []).append(picture.image)
    tiles = [Tile(Sound.read(path, duration=LONGEST_SHOWN), pictures, path.stem) for path, pictures in images.items()]
    with write_atomically(file) as partial:
        contact_sheet(tiles).save(partial, format="PNG")
