"""`hearsight evaluate background`: are prompts obeyed? The share of pictures whose background has the colour said."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.cli import options

if TYPE_CHECKING:
    from hearsight.evaluation.background_colour import BackgroundColour


def background(
    data: Annotated[Path, typer.Option(help="A prepared data folder; its held-out sounds are drawn.")],
    system: options.System = "audiotoken",
    colour: Annotated[str, typer.Option(help="The word for the colour: red, blue, …")] = "red",
    prompt: Annotated[str | None, typer.Option(help="By default '<sound> on a COLOUR background'.")] = None,
    sounds: Annotated[int | None, typer.Option(min=1, help="Sounds per class; by default all.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures per sound.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first picture of every class.")] = 0,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    scheduler: options.Scheduler = None,
    topline: Annotated[bool, typer.Option("--topline", help="Draw the classes' names, not their sounds.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to keep the pictures in, one folder a class.")] = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Is the background of a picture the colour that the prompt says? Counted by pixels."""
    from hearsight.cli.progress import progress
    from hearsight.evaluation.background_colour import measure
    from hearsight.systems import load

    drawing = load(system, device=device)
    with progress(1, "drawing what was held out") as bar:
        result, pictures = measure(
            drawing,
            data,
            colour,
            prompt=prompt,
            sounds_per_class=sounds,
            pictures_per_sound=count,
            seed=seed,
            topline=topline,
            progress=bar.step,
            steps=steps,
            guidance=guidance,
            scheduler=scheduler,
        )
    if out:
        for number, (label, picture) in enumerate(zip(result.labels, pictures, strict=True)):
            picture.save(out / label / f"{number:04}.png")
    print(json.dumps(_summary(result)) if as_json else _table(result))


def _summary(result: "BackgroundColour") -> dict[str, Any]:
    return {
        "colour": result.word,
        "obeyed": result.obeyed,
        "interval": list(result.interval()),
        "pictures": len(result.shares),
        "classes": result.per_class,
    }


def _table(result: "BackgroundColour") -> str:
    low, high = result.interval()
    lines = [
        f"{result.word} background {result.obeyed:.1%} (95 %: {low:.1%} to {high:.1%}), {len(result.shares)} pictures"
    ]
    widest = max(len(label) for label in result.labels)
    lines += [f"  {label:{widest}}  {share:.1%}" for label, share in result.per_class.items()]
    return "\n".join(lines)
