"""`hearsight systems`: what can draw."""

import json
from typing import Annotated, Any

import typer


def systems(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per system.")] = False) -> None:
    """List the systems that ship with the package."""
    rows = _shipped()
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table("system", "what it does", "MB", "licence", box=SIMPLE)
    for row in rows:
        table.add_row(row["system"], row["summary"], f"{row['megabytes']:.1f}", row["licence"])
    Console().print(table)


def _shipped() -> list[dict[str, Any]]:
    from hearsight.hub.card import Card
    from hearsight.hub.folder import CARD, resolve, shipped_names

    rows = []
    for name in shipped_names():
        folder = resolve(name)
        card = Card.read(folder / CARD)
        size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
        rows.append(
            {
                "system": name,
                "summary": card.summary,
                "licence": card.licence,
                "megabytes": round(size / 1e6, 1),
                "metrics": dict(card.metrics),
                "folder": str(folder),
            }
        )
    return rows
