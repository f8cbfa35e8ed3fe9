"""A report of what was measured: for machines, for people who read text, and a page that stands on its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearsight.config import plain
from hearsight.evaluation import document
from hearsight.evaluation.document import Block, Bullets, Figure, Heading, Table
from hearsight.evaluation.result import Result

SHORT = 12
"""digits of a hash that tables show"""


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
    return document.write(folder, "report", _title(report), _blocks(report, figures), report.plain())


def _title(report: Report) -> str:
    return f"{report.system}, measured"


def _blocks(report: Report, figures: Sequence[Figure]) -> list[Block]:
    blocks: list[Block] = [_table(report.results)]
    if report.left_out:
        blocks += [Heading("Not measured"), Bullets([f"{metric}: {why}" for metric, why in report.left_out.items()])]
    return [*blocks, *figures, Heading("How"), about(report.about)]


def about(facts: Mapping[str, Any]) -> Table:
    """What numbers depend on, as a table."""
    rows = [[key, value if isinstance(value, str) else json.dumps(value)] for key, value in plain(facts).items()]
    return Table(["what", ""], rows)


def _table(results: Sequence[Result]) -> Table:
    rows = [
        [
            result.metric,
            number(result.value),
            _interval(result),
            result.better,
            str(result.samples),
            result.network,
            result.weights_sha256[:SHORT],
        ]
        for result in results
    ]
    return Table(["metric", "value", "95 %", "better", "samples", "network", "weights"], rows)


def _interval(result: Result) -> str:
    return " to ".join(number(bound) for bound in result.interval or ())


def number(value: float) -> str:
    """Four digits that matter."""
    return f"{value:.4g}"
