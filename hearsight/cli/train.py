"""`hearsight train`: follow a recipe."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE.yaml", help="A recipe: a file, or a shipped one's name.")],
    settings: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Put over the recipe.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the result; by default runs/RECIPE.")] = None,
) -> None:
    """Train as a recipe says; an interrupted training goes on where its last checkpoint was."""
    from hearsight.training.recipe import run

    folder = out or Path("runs") / Path(recipe).stem
    run(recipe, settings or [], folder)
    print(folder)
