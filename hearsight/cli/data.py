"""`hearsight data`: make and check data sets."""

from pathlib import Path
from typing import Annotated

import typer

data = typer.Typer(name="data", help="Make and check data sets.", no_args_is_help=True)
make = typer.Typer(name="make", help="Make a data set.", no_args_is_help=True)
data.add_typer(make)


@make.command()
def pocket(
    pairs: Annotated[Path, typer.Option(help="Folder of the recordings and pictograms, with its SOURCES.csv.")],
    out: Annotated[Path, typer.Option(help="Folder to make it in; what is there already is kept.")],
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one makes the same set.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that work side by side.")] = 2,
) -> None:
    """Make the pocket set: thirty classes that can be heard and seen."""
    from hearsight.cli.progress import progress
    from hearsight.data.pocket import make as make_pocket

    with progress(1, "making the pocket set") as bar:
        manifest = make_pocket(pairs, out, seed=seed, workers=workers, progress=bar.step)
    print(manifest)


@data.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A data folder: manifest.csv, or sounds/ and pictures/.")],
) -> int:
    """Open every sound and picture of a data folder and list what is wrong."""
    from hearsight.cli.progress import progress
    from hearsight.data.check import check as check_folder

    with progress(1, "opening everything") as bar:
        report = check_folder(folder, bar.step)
    for label, counts in report.counts.items():
        print(f"{label}: " + ", ".join(f"{count} {kind}s" for kind, count in sorted(counts.items())))
    print("\n".join(report.problems) or "Nothing is wrong.")
    return 2 if report.problems else 0
