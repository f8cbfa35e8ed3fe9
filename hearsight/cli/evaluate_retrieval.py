"""`hearsight evaluate retrieval`: does a shared space bring together what belongs together?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hearsight.cli import options
from hearsight.cli.embed import Encoders, Vocabulary, chosen

if TYPE_CHECKING:
    from hearsight.evaluation.pair_retrieval import Direction

DEPTHS = (1, 5, 10)


def retrieval(
    data: Annotated[Path, typer.Option(help="A data folder with sounds and pictures.")],
    encoders: Encoders = None,
    split: Annotated[Literal["held_out", "train"], typer.Option(help="Which of its items.")] = "held_out",
    pairing: Annotated[
        Literal["label", "group"], typer.Option(help="Right answers are of the same label, or of the same group.")
    ] = "label",
    vocabulary: Vocabulary = None,
    device: options.Device = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Recall@1, 5, 10 and mAP: do sounds find the pictures of their class, and pictures its sounds?"""
    from hearsight.data.find_shared_space import find_shared_space
    from hearsight.evaluation.pair_retrieval import measure

    space = find_shared_space(chosen(encoders), vocabulary, device)
    rows = {
        f"{direction.query} to {direction.candidate}": _row(direction)
        for direction in measure(space, data, split=split, pairing=pairing)
    }
    print(json.dumps(rows) if as_json else _table(rows))


def _row(direction: "Direction") -> dict[str, Any]:
    found = direction.found
    measures = {f"recall@{depth}": found.hits(depth) for depth in DEPTHS} | {"mAP": found.precisions}
    return {
        "queries": len(found.ranks),
        "candidates": direction.candidates,
        **{name: float(values.mean()) for name, values in measures.items()},
        "intervals": {name: list(found.interval(values)) for name, values in measures.items()},
    }


def _table(rows: dict[str, dict[str, Any]]) -> str:
    lines = []
    for name, row in rows.items():
        lines.append(f"{name}: {row['queries']} queries, {row['candidates']} candidates")
        for measure, (low, high) in row["intervals"].items():
            lines.append(f"  {measure:9}  {row[measure]:6.1%}  (95 %: {low:.1%} to {high:.1%})")
    return "\n".join(lines)
