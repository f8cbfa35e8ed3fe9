"""`hearsight systems`: what can draw."""

import json
from typing import Annotated, Any

import typer


def systems(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per system.")] = False) -> None:
    """List the systems: those that ship with the package, with their weights, and the others."""
    rows = _rows()
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table("system", "what it does", "MB", "licence", box=SIMPLE)
    for row in rows:
        size = "no weights here" if row["megabytes"] is None else f"{row['megabytes']:.1f}"
        table.add_row(row["system"], row["summary"], size, row["licence"])
    Console().print(table)


def _rows() -> list[dict[str, Any]]:
    from hearsight.hub.folder import shipped_names
    from hearsight.systems import SYSTEMS

    shipped = shipped_names()
    others = [name for name in SYSTEMS if name not in shipped]
    return [*map(_shipped, shipped), *(_bare(name, SYSTEMS[name]) for name in others)]


def _shipped(name: str) -> dict[str, Any]:
    """A system whose weights are here."""
    from hearsight.hub.card import Card
    from hearsight.hub.folder import CARD, megabytes, resolve

    folder = resolve(name)
    card = Card.read(folder / CARD)
    return {
        "system": name,
        "summary": card.summary,
        "licence": card.licence,
        "megabytes": round(megabytes(folder), 1),
        "metrics": dict(card.metrics),
        "folder": str(folder),
    }


def _bare(name: str, summary: str) -> dict[str, Any]:
    """A system that loads weights from elsewhere."""
    nothing: dict[str, Any] = {"licence": "", "megabytes": None, "metrics": {}, "folder": None}
    return {"system": name, "summary": summary, **nothing}
