"""`hearsight evaluate`: measure a system."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.cli import options
from hearsight.cli.default_command import a_first_word_means
from hearsight.cli.evaluate_background import background as evaluate_background
from hearsight.cli.evaluate_birds import birds as evaluate_birds
from hearsight.cli.evaluate_retrieval import retrieval as evaluate_retrieval
from hearsight.cli.evaluate_system import system as evaluate_system
from hearsight.cli.evaluate_traits import traits as evaluate_traits

if TYPE_CHECKING:
    from hearsight.evaluation.adherence import Adherence


evaluate = typer.Typer(name="evaluate", cls=a_first_word_means("system"), no_args_is_help=True)
evaluate.command("system")(evaluate_system)
evaluate.command("background")(evaluate_background)
evaluate.command("birds")(evaluate_birds)
evaluate.command("retrieval")(evaluate_retrieval)
evaluate.command("traits")(evaluate_traits)


@evaluate.callback()
def _evaluate() -> None:
    """Measure a system: `hearsight evaluate SYSTEM --data DIR` does all of it, the commands below a part."""


@evaluate.command()
def adherence(
    data: Annotated[Path, typer.Option(help="A prepared data folder; its held-out sounds are drawn.")],
    judge: Annotated[Path, typer.Option(help="Folder of a picture classifier that knows the classes.")] = options.JUDGE,
    system: options.System = options.DEFAULT_SYSTEM,
    sounds: Annotated[int | None, typer.Option(min=1, help="Sounds per class; by default all.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures per sound.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first picture of every class.")] = 0,
    prompt: options.Prompt = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    scheduler: options.Scheduler = None,
    topline: Annotated[bool, typer.Option("--topline", help="Draw the classes' names, not their sounds.")] = False,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Does the picture show what was heard? Asked of a classifier that was trained on pictures alone."""
    from hearsight.cli.progress import progress
    from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
    from hearsight.evaluation.adherence import measure
    from hearsight.hub.network import load_network
    from hearsight.systems import load

    judging = load_network(judge, "picture_classifier", PictureClassifier, PictureClassifierConfig)
    drawing = load(system, device=device)
    settings = drawing.settings(prompt=prompt, steps=steps, guidance=guidance, scheduler=scheduler)
    with progress(1, "drawing what was held out") as bar:
        result, _ = measure(
            drawing,
            data,
            judging,
            sounds_per_class=sounds,
            pictures_per_sound=count,
            seed=seed,
            topline=topline,
            progress=bar.step,
            **settings,
        )
    summary = _summary(result)
    print(json.dumps(summary) if as_json else _table(summary))


def _summary(result: "Adherence") -> dict[str, Any]:
    from hearsight.data.pocket import ENVIRONMENT

    shares = result.per_class
    low, high = result.interval()
    summary = {"adherence": result.mean(), "interval": [low, high]}
    if set(ENVIRONMENT) < set(shares):
        summary["esc10"] = result.mean(ENVIRONMENT)
    return {**summary, "pictures": int(result.confusion.sum()), "classes": shares}


def _table(summary: dict[str, Any]) -> str:
    low, high = summary["interval"]
    lines = [f"adherence {summary['adherence']:.1%} (95 %: {low:.1%} to {high:.1%}), {summary['pictures']} pictures"]
    if "esc10" in summary:
        lines.append(f"the ten classes of ESC-10 {summary['esc10']:.1%}")
    widest = max(len(label) for label in summary["classes"])
    lines += [f"  {label:{widest}}  {share:.1%}" for label, share in summary["classes"].items()]
    return "\n".join(lines)
