"""`hearsight bench`: every system on the same sounds."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from hearsight.cli import options
from hearsight.errors import DataError

bench = typer.Typer(name="bench", help="Measure every system on the same sounds.", no_args_is_help=True)


@bench.command()
def pocket(
    data: Annotated[Path, typer.Option(help="A prepared data folder; its held-out sounds are drawn.")] = Path("pocket"),
    out: Annotated[Path, typer.Option(help="Folder of the leaderboard, the pictures and a report of each system.")] = (
        Path("leaderboard")
    ),
    systems: options.Systems = None,
    baseline: Annotated[
        list[str] | None, typer.Option(help="Another system beside them: Wav2CLIP's or StackGAN-v2's folder.")
    ] = None,
    birds: Annotated[
        Path | None, typer.Option(help="What `evaluate birds --json` printed, for systems that draw sentences.")
    ] = None,
    sounds: Annotated[int | None, typer.Option(min=1, help="Sounds per class; by default all.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Pictures per sound.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first picture of every class.")] = 0,
    inception: Annotated[
        Path | None, typer.Option(help="Inception's published file, for FID and KID; else the pocket judge's features.")
    ] = None,
    judge: Annotated[Path | None, typer.Option(help="Folder of a picture classifier that knows the classes.")] = None,
    cache: Annotated[Path | None, typer.Option(help="Where features are kept; by default in the data folder.")] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the table between this file's markers.")] = None,
    device: options.Device = None,
) -> int:
    """The leaderboard: every pocket system, baselines, the text topline and real pictures on the same held-out sounds.

    Writes leaderboard.html, leaderboard.md and leaderboard.json after every system, and prints the table. What is
    there already is not drawn or measured again: an interrupted run goes on where it stopped.
    """
    from hearsight.cli.progress import progress
    from hearsight.evaluation.contestants import SPOKEN, absent, contestants
    from hearsight.evaluation.document import markdown_table
    from hearsight.evaluation.drawing import Drawing
    from hearsight.evaluation.evaluate import Evaluation
    from hearsight.evaluation.eyes import JUDGE
    from hearsight.evaluation.instruments import Instruments
    from hearsight.evaluation.leaderboard import Bench, Leaderboard
    from hearsight.evaluation.leaderboard_page import insert, other_rows, require_markers, table, write
    from hearsight.hub.folder import shipped_names

    chosen = contestants([*(options.listed(systems) or shipped_names()), *options.listed(baseline)])
    other = other_rows([one for one in chosen if one.system in SPOKEN], _read(birds))
    if readme:
        require_markers(readme)
    instruments = Instruments(inception, judge_folder=judge or JUDGE, device=device)
    evaluation = Evaluation(Drawing(data, count, seed), sounds, None, instruments, cache)

    def keep(board: Leaderboard) -> None:
        write(board, out, absent(chosen), other)

    with progress(1, "reading") as bar:
        board = Bench(evaluation, out, device, bar.at).run(chosen, keep)
    keep(board)
    if readme:
        insert(readme, board, other)
    print(f"{markdown_table(table(board))}\n\n→ {out / 'leaderboard.html'}")
    for one in board.failed:
        print(f"hearsight: {one.name}: {one.reason}", file=sys.stderr)
    return 2 if board.failed else 0


def _read(birds: Path | None) -> dict[str, Any]:
    """What `hearsight evaluate birds --json` printed into a file."""
    if birds is None:
        return {}
    try:
        content: dict[str, Any] = json.loads(birds.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{birds}: cannot be read ({error}); write `evaluate birds --json` into it.") from None
    return content
