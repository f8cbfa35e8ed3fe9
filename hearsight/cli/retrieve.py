"""`hearsight retrieve`: what is nearest to a sound, a picture or some words."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hearsight.cli import options
from hearsight.cli.embed import Encoders, Vocabulary, chosen, noted_in
from hearsight.cli.failures import Failures
from hearsight.errors import ConfigError, DataError

if TYPE_CHECKING:
    from hearsight.data.embedded import Embedded, Failed
    from hearsight.data.things import Thing
    from hearsight.encoders.shared_space import Kind, SharedSpace

Ranked = list[tuple[str, float]]


def retrieve(
    query: Annotated[str, typer.Argument(help="A sound, video or picture; with --text, words in quotes.")],
    place: Annotated[Path, typer.Option("--in", help="Folder to search, or what hearsight embed wrote.")],
    text: Annotated[bool, typer.Option("--text", help="The query is words, not a file.")] = False,
    find: Annotated[
        Literal["sound", "picture", "text"] | None,
        typer.Option(help="What to look for; by default whatever there is of another kind than the query."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many of each.")] = 5,
    encoders: Encoders = None,
    vocabulary: Vocabulary = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Find what is nearest to a sound, a picture or some words, in a space they share."""
    from hearsight.data.find_shared_space import find_shared_space
    from hearsight.data.things import Thing

    asked = Thing("text", Path(), _words(query)) if text else _file(Path(query))
    if not place.exists():
        raise DataError(f"--in {place}: there is no such folder or file; check the name.")
    space = find_shared_space(chosen(encoders), vocabulary, device)
    for kind in {asked.kind, find or asked.kind}:
        space.embed(kind, [])  # says at once what is missing
    vector = space.embed(asked.kind, [asked.read()])[0].cpu().numpy()
    failures = Failures()
    known = _known(place, space, asked.kind, find, noted_in(failures))
    ranked: dict[Kind, Ranked] = {
        kind: known.nearest(vector, kind, top) for kind in _sought(place, known.kinds, asked.kind, find)
    }
    print(_json(asked, ranked) if as_json else _lines(ranked))
    return failures.report(1)


def _words(query: str) -> str:
    if not query.strip():
        raise ConfigError("--text: the query is empty; give some words in quotes.")
    return query


def _file(query: Path) -> "Thing":
    from hearsight.data.things import Thing, kind_of

    if not query.is_file():
        raise DataError(f"{query}: there is no such file; for words, add --text.")
    if kind_of(query) == "text":
        raise ConfigError(f"{query}: one sound or picture is looked for at a time; for words, use --text.")
    return Thing(kind_of(query), query)


def _known(place: Path, space: "SharedSpace", asked: "Kind", find: "Kind | None", failed: "Failed") -> "Embedded":
    """What is to be searched: embedded now, or before."""
    from hearsight.data.embedded import embed_things
    from hearsight.data.embedding_files import read_embeddings
    from hearsight.data.things import things_in

    if place.is_dir():
        things = things_in(place, space.kinds)
        kinds = _sought(place, (thing.kind for thing in things), asked, find)
        return embed_things(space, [thing for thing in things if thing.kind in kinds], failed)
    embedded = read_embeddings(place)
    return embedded.require(space, _sought(place, embedded.kinds, asked, find))


def _sought(place: Path, there: "Iterable[Kind]", asked: "Kind", find: "Kind | None") -> "list[Kind]":
    """The kinds to look for among those that are there: by default, all but that of the query."""
    present = list(dict.fromkeys(there))
    if find and find not in present:
        raise DataError(f"{place}: holds no {find}, only {'s and '.join(present)}s; look for these.")
    return [find] if find else [kind for kind in present if kind != asked] or present


def _lines(ranked: "dict[Kind, Ranked]") -> str:
    return "\n".join(
        line
        for kind, found in ranked.items()
        for line in (f"nearest {kind}s", *(f"  {cosine:6.3f}  {name}" for name, cosine in found))
    )


def _json(asked: "Thing", ranked: "dict[Kind, Ranked]") -> str:
    found = {kind: [[name, round(cosine, 4)] for name, cosine in some] for kind, some in ranked.items()}
    return json.dumps({"query": asked.name, "kind": asked.kind, "nearest": found}, ensure_ascii=False)
