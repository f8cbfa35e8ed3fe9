"""`hearsight together`: one picture of several sounds, each a word of the prompt or all of them mixed into one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import options
from hearsight.cli.inputs import find_sounds
from hearsight.errors import ConfigError

if TYPE_CHECKING:
    from hearsight.systems.audiotoken import AudioToken
    from hearsight.systems.base import System


def together(
    sounds: Annotated[list[str], typer.Argument(help="Sounds, in the order of the prompt.")],
    prompt: Annotated[
        str | None, typer.Option(help="'<sound> beside <sound>': a place for each, or a single one for their mixture.")
    ] = None,
    weight: Annotated[
        list[float] | None, typer.Option(help="One for each sound: its share of the mixture, or how loud its word is.")
    ] = None,
    system: options.System = "audiotoken",
    out: Annotated[Path, typer.Option(help="Folder of the pictures, or FILE.png for one.")] = Path("pictures"),
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one gives the same picture.")] = 0,
    count: Annotated[int, typer.Option(min=1, help="Pictures, with seeds SEED, SEED+1, …")] = 1,
    negative_prompt: options.NegativePrompt = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    scheduler: options.Scheduler = None,
    size: options.Size = None,
    pipeline: options.Pipeline = None,
    embedder: options.Embedder = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture.")] = False,
) -> None:
    """Draw several sounds together in one picture."""
    paths = find_sounds(sounds)
    files = _files(paths, out, seed, count)

    from hearsight.cli.progress import progress
    from hearsight.systems import load

    with progress(1, "waking up") as bar:
        parts = {"pipeline": pipeline, "embedder": embedder}
        drawing = load(system, device=device, **{name: place for name, place in parts.items() if place})
        pictures = mixing(drawing, system).together(
            paths,
            weights=weight,
            pictures=count,
            seed=seed,
            callback=bar.step,
            prompt=prompt or " and ".join(["<sound>"] * len(paths)),
            negative_prompt=negative_prompt,
            steps=steps,
            guidance=guidance,
            scheduler=scheduler,
            size=size,
        )
    for file, picture in zip(files, pictures, strict=True):
        picture.save(file)
        told = {"file": str(file), "sounds": [str(path) for path in paths], "seed": picture.recipe["seed"]}
        print(json.dumps(told, ensure_ascii=False) if as_json else file)


def mixing(system: "System", source: str) -> "AudioToken":
    """The system, loaded from `source`, if it can hear several sounds at once. Raises ConfigError for another one."""
    from hearsight.systems.audiotoken import AudioToken

    if not isinstance(system, AudioToken):
        raise ConfigError(f"system={source}: {system.name} hears one sound at a time; only audiotoken mixes them.")
    return system


def _files(sounds: list[Path], out: Path, seed: int, count: int) -> list[Path]:
    """Where the pictures go: named after all sounds, and after the seed where there are several."""
    if out.suffix.lower() == ".png":
        if count > 1:
            raise ConfigError(f"--out {out}: {count} pictures do not go into one file; give a folder.")
        return [out]
    name = "_".join(path.stem for path in sounds)
    return [out / (f"{name}_{number}.png" if count > 1 else f"{name}.png") for number in range(seed, seed + count)]
