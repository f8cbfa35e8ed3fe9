"""The results of a sweep: results.json with everything, results.csv with a row a run."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hearsight.config import plain
from hearsight.errors import DataError
from hearsight.files import write_atomically

RESULTS = "results.json"
State = Literal["measured", "failed", "not run"]


@dataclass(frozen=True)
class Outcome:
    """What became of a run."""

    name: str
    """Its folder below `runs/`."""
    cases: Mapping[str, str]
    """The case of every axis."""
    state: State
    """Whether there are numbers."""
    reason: str = ""
    """Why it failed, in a line."""
    seconds: float = 0.0
    """How long it took, without the trainings that were there."""
    results: Sequence[Mapping[str, Any]] = ()
    """What was measured, as `Result.plain` has it."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What the numbers depend on."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The run, resolved."""
    folder: Path | None = None
    """Where its pictures lie, once it was read."""

    def result(self, metric: str) -> Mapping[str, Any] | None:
        """The result of a metric, whichever network measured it: `FID` also finds `pocket FID`."""
        return next(
            (one for one in self.results if one["metric"] == metric or one["metric"].endswith(f" {metric}")), None
        )


def write(name: str, outcomes: Sequence[Outcome], out: Path) -> None:
    """Write results.json and results.csv into `out`."""
    with write_atomically(out / RESULTS) as partial:
        content = {"sweep": name, "runs": [plain(outcome) for outcome in outcomes]}
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with write_atomically(out / "results.csv") as partial, partial.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(_rows(outcomes))


def read(folder: Path) -> list[Outcome]:
    """What `write` wrote. Raises DataError where there is nothing."""
    try:
        content = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
        return [Outcome(**{**run, "folder": folder / "runs" / run["name"]}) for run in content["runs"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise DataError(
            f"{folder}: has no {RESULTS} of a sweep; run `hearsight sweep RECIPE --out DIR` first."
        ) from None


def _rows(outcomes: Sequence[Outcome]) -> list[list[Any]]:
    """A head and a row for every run: its cases, then each metric with its interval."""
    axes = list(dict.fromkeys(axis for outcome in outcomes for axis in outcome.cases))
    metrics = list(dict.fromkeys(result["metric"] for outcome in outcomes for result in outcome.results))
    columns = [column for metric in metrics for column in (metric, f"{metric} low", f"{metric} high")]
    rows: list[list[Any]] = [["run", *axes, "state", "took", *columns, "reason"]]
    for outcome in outcomes:
        found = {result["metric"]: result for result in outcome.results}
        cells: list[Any] = []
        for metric in metrics:
            result = found.get(metric)
            low, high = (result and result["interval"]) or ("", "")
            cells += [result["value"] if result else "", low, high]
        cases = [outcome.cases.get(axis, "") for axis in axes]
        rows.append([outcome.name, *cases, outcome.state, f"{outcome.seconds:.1f}", *cells, outcome.reason])
    return rows
