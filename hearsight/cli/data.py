"""`hearsight data`: make data sets."""

from pathlib import Path
from typing import Annotated

import typer

data = typer.Typer(name="data", help="Make data sets.", no_args_is_help=True)
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
