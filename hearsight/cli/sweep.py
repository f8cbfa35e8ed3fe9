"""`hearsight sweep`: one experiment over a grid of settings, and the thesis's tables of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli.assignments import assignments
from hearsight.cli.default_command import a_first_word_means

if TYPE_CHECKING:
    from hearsight.evaluation.sweep.recipe import Sweep
    from hearsight.evaluation.sweep.results import Outcome

FAILED = 2

sweep = typer.Typer(name="sweep", cls=a_first_word_means("run"), no_args_is_help=True)


@sweep.callback()
def _sweep() -> None:
    """Train and measure over a grid of settings: `hearsight sweep RECIPE data=DIR --out DIR`."""


@sweep.command()
def run(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A sweep: a YAML file, or a shipped one's name.")],
    settings: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Put over the recipe.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the runs; by default runs/RECIPE.")] = None,
    trained: Annotated[Path | None, typer.Option(help="Where trainings lie, if several sweeps share them.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Part of an axis, e.g. --only guidance=1,3; may be repeated.")
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would be trained and measured, and do nothing.")
    ] = False,
) -> int:
    """Make every run of a sweep; `hearsight sweep RECIPE` is short for this.

    Runs that are there with the same settings are not made again, an interrupted training goes on where it was, and a
    run that fails is written down and does not stop the others (exit code 2).
    """
    from hearsight.cli.progress import progress
    from hearsight.evaluation.sweep import run as running
    from hearsight.evaluation.sweep.recipe import read

    found = read(recipe, settings or [], assignments("--only", only))
    folder = out or Path("runs") / found.name
    if plan:
        return _planned(found)
    with progress(len(found.runs), "beginning") as bar:

        def say(outcome: "Outcome", done: int, of: int) -> None:
            bar.finish("")
            print(f"[{done}/{of}] {_line(outcome)}", flush=True)

        outcomes = running.run(found, folder, trained=trained, progress=bar.at, say=say)
    print(folder / "results.csv")
    return FAILED if any(outcome.state == "failed" for outcome in outcomes) else 0


@sweep.command()
def tables(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of sweeps.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the page; by default thesis/ in the first DIR.")] = None,
) -> None:
    """Draw the thesis's tables 5.1 to 5.9 and figures 5.1 to 5.8 from the results of sweeps."""
    from hearsight.evaluation.sweep.thesis import write

    print(write(folders, out or folders[0] / "thesis"))


def _planned(found: "Sweep") -> int:
    """Print every run with the trainings it needs, by the names of their folders."""
    trainings = set()
    for one in found.runs:
        needed = [f"{stage.name}_{one.fingerprint(stage)}" for stage in one.needed]
        trainings.update(needed)
        print(" -> ".join([*needed, f"{one.name}: {', '.join(one.measuring.metrics)}"]))
    print(f"{len(found.runs)} runs, {len(trainings)} trainings")
    return 0


def _line(outcome: "Outcome") -> str:
    """What became of a run."""
    if outcome.state != "measured":
        return f"{outcome.name}: {outcome.state}: {outcome.reason}"
    told = ", ".join(f"{result['metric']} {result['value']:.4g}" for result in outcome.results)
    return f"{outcome.name}: {told} ({outcome.seconds:.0f} s)"
