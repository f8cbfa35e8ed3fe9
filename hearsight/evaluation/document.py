"""What a report is made of, as Markdown with pictures beside it and as one HTML page that stands on its own."""

import base64
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.files import write_atomically

WHOLE = 30
"""characters of a cell's lines that are never broken: numbers, intervals, hashes"""


@dataclass(frozen=True)
class Heading:
    """What the following is about."""

    text: str
    """Its words."""


@dataclass(frozen=True)
class Paragraph:
    """Some sentences."""

    text: str
    """The sentences."""


@dataclass(frozen=True)
class Bullets:
    """Several remarks."""

    items: Sequence[str]
    """One each."""


@dataclass(frozen=True)
class Table:
    """Rows below a head."""

    head: Sequence[str]
    """The names of the columns."""
    rows: Sequence[Sequence[str]]
    """As many cells each."""


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture."""

    name: str
    """Its file is `<name>.png`."""
    caption: str
    """What is to be seen."""
    png: bytes
    """The file's content."""


Block = Heading | Paragraph | Bullets | Table | Figure


def write(folder: Path, name: str, title: str, blocks: Sequence[Block], content: Any) -> Path:
    """Write NAME.html, NAME.md, the same `content` as NAME.json, and figures/*.png; returns the page."""
    for figure in blocks:
        if isinstance(figure, Figure):
            with write_atomically(folder / "figures" / f"{figure.name}.png") as partial:
                partial.write_bytes(figure.png)
    texts = {
        "json": json.dumps(content, indent=2, ensure_ascii=False) + "\n",
        "md": markdown(title, blocks),
        "html": page(title, "\n".join(map(_html, blocks))),
    }
    for suffix, text in texts.items():
        with write_atomically(folder / f"{name}.{suffix}") as partial:
            partial.write_text(text, encoding="utf-8")
    return folder / f"{name}.html"


# Markdown -------------------------------------------------------------------------------------------------------------


def markdown(title: str, blocks: Sequence[Block]) -> str:
    """The blocks below a title; figures lie in figures/ beside the file."""
    return "\n\n".join([f"# {title}", *map(_markdown, blocks)]) + "\n"


def markdown_table(table: Table) -> str:
    """A table whose cells may hold anything but pictures."""
    return "\n".join(map(_row, [table.head, ["---"] * len(table.head), *table.rows]))


def _markdown(block: Block) -> str:
    match block:
        case Heading():
            return f"## {block.text}"
        case Paragraph():
            return block.text
        case Bullets():
            return "\n".join(f"- {item}" for item in block.items)
        case Table():
            return markdown_table(block)
        case Figure():
            return f"![{block.caption}](figures/{block.name}.png)\n\n*{block.caption}*"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


# HTML -----------------------------------------------------------------------------------------------------------------


def page(title: str, body: str, style: str = "") -> str:
    """A whole page around some HTML; `style` is CSS beside that of every page."""
    return _PAGE.format(title=html.escape(title), body=body, style=style)


def embedded(content: bytes, kind: str = "image/png") -> str:
    """The address of what a page holds in itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _html(block: Block) -> str:
    match block:
        case Heading():
            return f"<h2>{html.escape(block.text)}</h2>"
        case Paragraph():
            return f"<p>{html.escape(block.text)}</p>"
        case Bullets():
            return "<ul>" + "".join(f"<li>{html.escape(item)}</li>" for item in block.items) + "</ul>"
        case Table():
            head = "".join(f"<th>{html.escape(name)}</th>" for name in block.head)
            rows = "".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in block.rows)
            return f'<div class="wide"><table><tr>{head}</tr>{rows}</table></div>'
        case Figure():
            caption = html.escape(block.caption)
            image = f'<img alt="{caption}" src="{embedded(block.png)}">'
            return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _html_cell(cell: str) -> str:
    whole = all(len(line) <= WHOLE for line in cell.splitlines())
    kind = ' class="whole"' if whole else ""
    return f"<td{kind}>{html.escape(cell)}</td>"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #26262e; }}
h1 {{ line-height: 1.2; }}
h2 {{ margin-top: 2.5rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
th {{ vertical-align: bottom; line-height: 1.25; }}
td {{ font-size: .9rem; overflow-wrap: anywhere; min-width: 12rem; }}
.whole {{ white-space: pre; min-width: 0; }}
figure {{ margin: 2.5rem 0; }}
img {{ max-width: 100%; }}
figcaption {{ color: #666; font-size: .9rem; }}
{style}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
