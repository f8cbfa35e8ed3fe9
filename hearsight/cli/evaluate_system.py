"""`hearsight evaluate SYSTEM`: every metric of a system, in a report that stands on its own."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from hearsight.cli import options
from hearsight.cli.embed import Encoders, Vocabulary
from hearsight.errors import ConfigError


def system(
    system: Annotated[str, typer.Argument(help="A system: its name, a folder, or a hub id.")],
    data: Annotated[Path, typer.Option(help="A prepared data folder; its held-out sounds are drawn.")],
    metrics: Annotated[
        str | None, typer.Option(help="Some of adherence,fid,kid,…, by commas; by default all that can be measured.")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Measure these instead: <class>/<name of the sound>.png below a folder.")
    ] = None,
    sounds: Annotated[int | None, typer.Option(min=1, help="Sounds per class; by default all.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures per sound.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first picture of every class.")] = 0,
    out: Annotated[Path, typer.Option(help="Folder of the report and the pictures.")] = Path("evaluation"),
    inception: Annotated[
        Path | None, typer.Option(help="Inception's published file, for FID, KID, …; else the pocket judge's features.")
    ] = None,
    resize: Annotated[
        Literal["pytorch-fid", "clean-fid"], typer.Option(help="Whose way of resizing pictures for Inception.")
    ] = "pytorch-fid",
    encoders: Encoders = None,
    vocabulary: Vocabulary = None,
    judge: Annotated[Path | None, typer.Option(help="Folder of a picture classifier that knows the classes.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Where features are kept; by default in the data folder.")] = None,
    prompt: options.Prompt = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    scheduler: options.Scheduler = None,
    size: options.Size = None,
    topline: Annotated[bool, typer.Option("--topline", help="Draw the classes' names, not their sounds.")] = False,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Draw the held-out sounds, measure the pictures, write report.html, report.md and report.json.

    `hearsight evaluate SYSTEM` is short for this. Pictures and features that are there already are not made again;
    `torchrun --nproc-per-node 4 -m hearsight evaluate SYSTEM …` shares the work.
    """
    asked = [name.strip() for name in metrics.split(",") if name.strip()] if metrics is not None else None
    if asked == []:
        raise ConfigError(f"--metrics {metrics!r}: names no metric; give some, separated by commas, or leave it out.")

    from hearsight.cli.progress import progress
    from hearsight.evaluation.drawing import Drawing
    from hearsight.evaluation.evaluate import Evaluation, evaluate
    from hearsight.evaluation.eyes import JUDGE
    from hearsight.evaluation.instruments import Instruments
    from hearsight.evaluation.processes import Processes
    from hearsight.evaluation.report import table
    from hearsight.systems import load

    processes = Processes.started()
    device = processes.device(device)
    instruments = Instruments(inception, resize, tuple(encoders or ()), vocabulary, judge or JUDGE, device)
    drawing = None if pictures else load(system, device=device)
    settings = {"prompt": prompt, "steps": steps, "guidance": guidance, "scheduler": scheduler, "size": size}
    with progress(1, "reading") as bar:
        report = evaluate(
            Evaluation(Drawing(data, count, seed, topline), sounds, asked, instruments, cache),
            out,
            system=drawing,
            name=system,
            pictures=pictures,
            settings={key: value for key, value in settings.items() if value is not None},
            processes=processes,
            progress=bar.at,
        )
    if not processes.first:
        return
    print(json.dumps(report.plain(), ensure_ascii=False) if as_json else table(report))
    if not as_json:
        print(f"→ {out / 'report.html'}")
