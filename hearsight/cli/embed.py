"""`hearsight embed`: sounds, pictures and texts as vectors of one space, in a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import options
from hearsight.cli.failures import Failures
from hearsight.cli.options import DEFAULT_SYSTEM

if TYPE_CHECKING:
    from hearsight.data.embedded import Failed
    from hearsight.data.things import Thing
    from hearsight.errors import HearsightError

ENCODER_HELP = "A system, a trained network, a published file or a CLIP; name twice for an ear and its eye."
Encoders = Annotated[list[str] | None, typer.Option("--with", help=ENCODER_HELP, show_default=DEFAULT_SYSTEM)]
Vocabulary = Annotated[
    Path | None, typer.Option(help="For published files to read texts: folder of CLIP's vocab.json, merges.txt.")
]


def embed(
    files: Annotated[list[Path], typer.Argument(help="Sounds, videos, pictures, .txt files (a text a line), folders.")],
    out: Annotated[Path, typer.Option(help="File to write: .npz or .parquet.")],
    encoders: Encoders = None,
    vocabulary: Vocabulary = None,
    device: options.Device = None,
) -> int:
    """Write where sounds, pictures and texts lie in a space they share."""
    from hearsight.data.embedded import embed_things
    from hearsight.data.embedding_files import check_suffix, write_embeddings
    from hearsight.data.find_shared_space import find_shared_space
    from hearsight.data.things import things_in, things_of

    check_suffix(out)
    space = find_shared_space(chosen(encoders), vocabulary, device)
    found = [thing for file in files for thing in (things_in(file, space.kinds) if file.is_dir() else things_of(file))]
    once = {thing.name: thing for thing in reversed(found)}  # a file and its folder may both be named
    failures = Failures()
    embedded = embed_things(space, list(reversed(once.values())), noted_in(failures))
    print(f"{len(embedded.names)} embeddings of {embedded.vectors.shape[1]} numbers: {write_embeddings(embedded, out)}")
    return failures.report(1)


def chosen(encoders: Sequence[str] | None) -> Sequence[str]:
    """The encoders that were named, or those of the default system."""
    return encoders or [DEFAULT_SYSTEM]


def noted_in(failures: Failures) -> "Failed":
    """What notes the things that could not be embedded, by their paths; the end tells of them."""

    def note(thing: "Thing", error: "HearsightError") -> None:
        message, name = str(error), thing.path.name
        known = name and message.startswith(name)
        failures.lines.append(message.replace(name, str(thing.path), 1) if known else message)

    return note
