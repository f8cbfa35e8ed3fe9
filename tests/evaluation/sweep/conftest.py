"""Outcomes of sweeps made by hand, with the numbers that the thesis prints."""

from collections.abc import Callable
from typing import Any

import pytest

from hearsight.evaluation.sweep.results import Outcome

Made = Callable[..., Outcome]


@pytest.fixture(scope="session")
def outcome() -> Made:
    """A measured run: its cases, and values by metric; `classes` adds a confusion of 100 pictures a class."""

    def made(
        cases: dict[str, str],
        values: dict[str, float],
        *,
        metrics: tuple[str, ...] = ("adherence", "fid"),
        classes: dict[str, float] | None = None,
        state: Any = "measured",
        **more: Any,
    ) -> Outcome:
        found = [result(metric, value, classes) for metric, value in values.items()]
        settings = {"measure": {"metrics": list(metrics), "data": "nowhere", "judge": None}}
        name = "_".join(f"{axis}-{case}" for axis, case in cases.items())
        return Outcome(name, cases, state, results=found, settings=settings, **more)

    return made


def result(metric: str, value: float, classes: dict[str, float] | None) -> dict[str, Any]:
    """As `Result.plain` has it."""
    details: dict[str, Any] = {}
    if classes and metric.endswith("adherence"):
        labels = list(classes)
        confusion = [[0] * len(labels) for _ in labels]
        for row, label in enumerate(labels):
            right = round(100 * classes[label])
            confusion[row][row], confusion[row][row - 1] = right, 100 - right
        details = {"per class": classes, "labels": labels, "confusion": confusion}
    better = "lower" if "ID" in metric else "higher"
    interval = None if "FID" in metric else [value - 0.02, value + 0.02]
    return {
        "metric": metric,
        "value": value,
        "better": better,
        "samples": 300,
        "network": "by hand",
        "weights_sha256": "0" * 64,
        "interval": interval,
        "details": details,
    }
