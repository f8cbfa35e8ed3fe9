"""`hearsight study`: ask people, in a browser, what they think of pictures of sounds."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hearsight.errors import ConfigError

study = typer.Typer(
    name="study",
    help="Ask people: which picture fits, how well it shows its label, which system they prefer.",
    no_args_is_help=True,
)
Folder = Annotated[Path, typer.Argument(help="Folder of a study.")]


@study.command()
def make(
    protocol: Annotated[str, typer.Argument(help="match, relevance or preference.")],
    pictures: Annotated[
        list[str], typer.Option(help="FOLDER, or SYSTEM=FOLDER to name who drew it; again for each system.")
    ],
    out: Annotated[Path, typer.Option(help="A new folder for the study.")],
    sounds: Annotated[Path | None, typer.Option(help="Folder of the sounds; by default where the recipes say.")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="CSV of path and label, e.g. manifest.csv; by default FOLDER/LABEL/….")
    ] = None,
    labels_from_names: Annotated[
        bool, typer.Option("--labels-from-names", help="A sound's name is its label: clock_tick.ogg.")
    ] = False,
    count: Annotated[
        int | None, typer.Option(min=1, help="Sounds of each system; by default all, for relevance 15.")
    ] = None,
    raters: Annotated[
        int | None, typer.Option(min=1, help="Fewest raters of every picture; by default 1, for relevance 17.")
    ] = None,
    repetitions: Annotated[
        int | None, typer.Option(min=1, help="For match: how often it is made, each time with other raters; 3.")
    ] = None,
    checks: Annotated[int, typer.Option(min=0, help="Attention checks for every rater.")] = 2,
    title: Annotated[str, typer.Option(help="What stands above the page.")] = "",
    longest: Annotated[float, typer.Option(min=0.1, help="Seconds of a sound that are played.")] = 30.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every choice.")] = 0,
) -> None:
    """Make a study from pictures.

    match: a sound, its picture and one of another class; which fits? relevance: a picture and its label, 1 to 5.
    preference: the same sound by two systems.
    """
    from hearsight.config import nearest
    from hearsight.evaluation.human.make import Plan
    from hearsight.evaluation.human.make import make as make_study
    from hearsight.evaluation.human.protocols import PROTOCOLS
    from hearsight.evaluation.human.sources import Labels, find

    kind = next((one for one in PROTOCOLS if one == protocol), None)
    if kind is None:
        raise ConfigError(f"{protocol}: is no protocol; {nearest(protocol, list(PROTOCOLS))}")
    drawn = find([_named(one) for one in pictures], sounds=sounds, labels=Labels(labels, labels_from_names))
    plan = Plan(kind, count, raters, repetitions, checks, title, longest, seed)
    made = make_study(plan, drawn, out)
    print(f"{kind} of {', '.join(made.methods)}: {len(made.of_repetition(0))} trials for every rater")
    print(out / "study.json")


def _named(argument: str) -> tuple[str | None, Path]:
    """SYSTEM=FOLDER, or a folder alone."""
    name, equals, folder = argument.partition("=")
    return (name, Path(folder)) if equals and name and not Path(argument).is_dir() else (None, Path(argument))


@study.command()
def serve(
    folder: Folder,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets phones in the same network in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    invited_only: Annotated[bool, typer.Option("--invited-only", help="Only links of hearsight study invite.")] = False,
) -> None:
    """Serve the study's page until Ctrl-C; answers are kept in the folder, one by one."""
    from hearsight.evaluation.human.study import load
    from hearsight.serving.study import serve as serve_study

    def ready(address: str) -> None:
        print(f"{address}  (Ctrl-C ends; every answer is kept)", flush=True)

    serve_study(load(folder), folder, host=host, port=port, invited_only=invited_only, ready=ready)


@study.command()
def invite(
    folder: Folder,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 1,
    address: Annotated[str, typer.Option(help="Where the page is served.")] = "http://127.0.0.1:8000",
) -> None:
    """Print personal links, one for each rater."""
    from hearsight.evaluation.human.answers import Answers
    from hearsight.evaluation.human.study import load

    answers = Answers(folder, load(folder))
    for _ in range(count):
        print(f"{address.rstrip('/')}/r/{answers.invite().token}")


@study.command()
def report(
    folder: Folder,
    attentive_only: Annotated[
        bool, typer.Option("--attentive-only", help="Leave out who failed an attention check.")
    ] = False,
    preliminary: Annotated[bool, typer.Option("--preliminary", help="Count though raters are missing.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the intervals.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the paper's table, with intervals and how far raters agree."""
    from hearsight.evaluation.human.answers import Answers
    from hearsight.evaluation.human.results import report as report_study
    from hearsight.evaluation.human.study import load
    from hearsight.evaluation.human.table import table

    made = load(folder)
    result = report_study(
        made, Answers(folder, made), attentive_only=attentive_only, preliminary=preliminary, seed=seed
    )
    print(json.dumps(result.plain(), ensure_ascii=False) if as_json else table(result))
