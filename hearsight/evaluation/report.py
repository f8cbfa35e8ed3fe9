"""A report of what was measured: for machines, for people who read text, and a page that stands on its own."""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearsight.config import plain
from hearsight.evaluation.result import Result
from hearsight.files import write_atomically

SHORT = 12
"""digits of a hash that tables show"""


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture of the report."""

    name: str
    """Its file is `<name>.png`."""
    caption: str
    """What is to be seen."""
    png: bytes
    """The file's content."""


@dataclass(frozen=True)
class Report:
    """What was measured of a system, and how."""

    system: str
    """Its name or folder."""
    about: Mapping[str, Any]
    """Everything that the numbers depend on besides the networks: weights, data, settings, seed, versions."""
    results: Sequence[Result]
    """The numbers."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Metrics that could not be measured, and why."""

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        results = [result.plain() for result in self.results]
        return {"system": self.system, **plain(self.about), "results": results, "left_out": dict(self.left_out)}


def table(report: Report) -> str:
    """The numbers for a terminal."""
    rows = [
        (result.metric, number(result.value), f"(95 %: {_interval(result)})" if result.interval else "", result.samples)
        for result in report.results
    ]
    widest, wide, far = (max((len(str(row[at])) for row in rows), default=0) for at in range(3))
    lines = [f"{name:{widest}}  {value:>{wide}}  {sure:{far}}  {count} samples" for name, value, sure, count in rows]
    return "\n".join([*lines, *(f"not measured: {why}" for why in report.left_out.values())])


def write(report: Report, figures: Sequence[Figure], folder: Path) -> Path:
    """Write report.json, report.md, report.html and figures/*.png; returns the page."""
    for figure in figures:
        with write_atomically(folder / "figures" / f"{figure.name}.png") as partial:
            partial.write_bytes(figure.png)
    contents = {
        "report.json": json.dumps(report.plain(), indent=2, ensure_ascii=False) + "\n",
        "report.md": markdown(report, figures),
        "report.html": page(report, figures),
    }
    for name, content in contents.items():
        with write_atomically(folder / name) as partial:
            partial.write_text(content, encoding="utf-8")
    return folder / "report.html"


def markdown(report: Report, figures: Sequence[Figure]) -> str:
    """The report as Markdown, its figures in files beside it."""
    head, *rows = _table(report.results)
    lines = [f"# {report.system}, measured", "", _row(head), _row(["---"] * len(head)), *map(_row, rows), ""]
    if report.left_out:
        lines += ["Not measured:", "", *(f"- {metric}: {why}" for metric, why in report.left_out.items()), ""]
    for figure in figures:
        lines += [f"![{figure.caption}](figures/{figure.name}.png)", "", f"*{figure.caption}*", ""]
    about = [_row(["what", ""]), _row(["---", "---"]), *(_row(pair) for pair in _about(report))]
    return "\n".join([*lines, *about, ""])


def page(report: Report, figures: Sequence[Figure]) -> str:
    """The report as one HTML page, figures inside."""
    head, *rows = _table(report.results)
    title = html.escape(f"{report.system}, measured")
    parts = [f"<h1>{title}</h1>", _html_table(head, rows)]
    if report.left_out:
        items = "".join(
            f"<li><b>{html.escape(metric)}</b>: {html.escape(why)}</li>" for metric, why in report.left_out.items()
        )
        parts.append(f"<h2>Not measured</h2><ul>{items}</ul>")
    for figure in figures:
        data, caption = base64.b64encode(figure.png).decode(), html.escape(figure.caption)
        image = f'<img alt="{caption}" src="data:image/png;base64,{data}">'
        parts.append(f"<figure>{image}<figcaption>{caption}</figcaption></figure>")
    parts.append("<h2>How</h2>" + _html_table(["what", ""], _about(report)))
    return _PAGE.format(title=title, body="\n".join(parts))


def _table(results: Sequence[Result]) -> list[list[str]]:
    rows = [["metric", "value", "95 %", "better", "samples", "network", "weights"]]
    for result in results:
        rows.append(
            [
                result.metric,
                number(result.value),
                _interval(result),
                result.better,
                str(result.samples),
                result.network,
                result.weights_sha256[:SHORT],
            ]
        )
    return rows


def _interval(result: Result) -> str:
    return " to ".join(number(bound) for bound in result.interval or ())


def number(value: float) -> str:
    """Four digits that matter."""
    return f"{value:.4g}"


def _about(report: Report) -> list[list[str]]:
    return [[key, value if isinstance(value, str) else json.dumps(value)] for key, value in plain(report.about).items()]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #26262e; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; vertical-align: top; }}
td {{ font-size: .9rem; overflow-wrap: anywhere; }}
td:first-child {{ white-space: nowrap; }}
figure {{ margin: 2.5rem 0; }}
img {{ max-width: 100%; }}
figcaption {{ color: #666; font-size: .9rem; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
