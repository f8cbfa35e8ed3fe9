"""What the thesis varies, and how its cells are found among the results of sweeps.

A sweep takes part in a table by the names of its axes: alignment, seconds, epochs, guidance, projection.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hearsight.evaluation.sweep.results import Outcome

THESIS: Mapping[str, Sequence[str]] = {
    "alignment": ("frozen", "mutual", "text"),
    "seconds": ("1", "2", "3", "4", "5"),
    "epochs": tuple(str(epoch) for epoch in range(10, 101, 10)),
    "guidance": ("none", "1", "3", "5", "7", "9", "11"),
    "projection": ("pca", "learned"),
}
"""the values of the thesis's axes, in the order of its tables"""
OF_AN_EAR = ("0", "1", "2", "3", "4", "5")
"""the epochs of AudioCLIP's fine-tuning (table 5.1)"""
PICTURED = {"frozen": "querying accuracy (pictures)", "mutual": "querying accuracy (pictures)"}
"""An ear is asked in the modality it was aligned with; any other with texts."""

NOT_RUN, NOT_MEASURED, FAILED = "not run", "not measured", "failed"

Result = Mapping[str, Any]


def values(outcomes: Iterable[Outcome], axis: str, known: Sequence[str] | None = None) -> list[str]:
    """The cases of an axis: the thesis's and those of the results, words first, then numbers.

    Empty where no run has the axis.
    """
    found = {outcome.cases[axis] for outcome in outcomes if axis in outcome.cases}
    return sorted(found | set(THESIS[axis] if known is None else known), key=_order) if found else []


def matching(outcomes: Iterable[Outcome], **cases: str) -> list[Outcome]:
    """The runs with these cases."""
    return [outcome for outcome in outcomes if all(outcome.cases.get(axis) == case for axis, case in cases.items())]


def cell(found: Sequence[Outcome], metric: str, show: Callable[[Result], str]) -> str:
    """What a table's cell says: the number, or why there is none."""
    if not found:
        return NOT_RUN
    if len(found) > 1:
        return f"{len(found)} runs"
    if found[0].state != "measured":
        return FAILED if found[0].state == "failed" else NOT_RUN
    result = found[0].result(metric)
    return NOT_MEASURED if result is None else show(result)


def asked(outcomes: Iterable[Outcome], metric: str) -> list[Outcome]:
    """The runs that were to be measured by a metric, by its name in recipes."""
    return [outcome for outcome in outcomes if metric in outcome.settings["measure"]["metrics"]]


def along(outcomes: Iterable[Outcome], axis: str) -> list[Outcome]:
    """The runs of the study of an axis."""
    return [outcome for outcome in outcomes if axis in outcome.cases]


def concurrent(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The runs of the three concurrent experiments (section 4.3) that draw."""
    return [
        outcome
        for outcome in outcomes
        if not {"guidance", "projection"} & outcome.cases.keys()
        and {"alignment", "seconds", "epochs"} & outcome.cases.keys()
        and set(outcome.settings["measure"]["metrics"]) != {"querying"}
    ]


def distance(outcomes: Sequence[Outcome]) -> str:
    """The distance that these runs have: FID, or KID where there are too few pictures for FID."""
    has_kid = any(outcome.result("KID") for outcome in outcomes)
    return "KID" if has_kid and not any(outcome.result("FID") for outcome in outcomes) else "FID"


def measured_by(outcomes: Iterable[Outcome], metric: str) -> str:
    """Which networks gave the numbers of a metric, and on how much: the line below a table."""
    found = [result for outcome in outcomes if (result := outcome.result(metric))]
    told = dict.fromkeys(
        f"{result['metric']}: {result['samples']} samples, {result['network']} ({result['weights_sha256'][:12]})"
        for result in found
    )
    return "; ".join(told)


def best(outcomes: Iterable[Outcome], metric: str) -> Outcome | None:
    """The run with the best value of a metric."""
    having = [(result, outcome) for outcome in outcomes if (result := outcome.result(metric))]
    if not having:
        return None
    sign = 1 if having[0][0]["better"] == "higher" else -1
    return max(having, key=lambda pair: sign * pair[0]["value"])[1]


def _order(case: str) -> tuple[bool, float, str]:
    """Words before numbers."""
    try:
        number = float(case)
    except ValueError:
        number = math.nan
    return (True, number, "") if math.isfinite(number) else (False, 0.0, case)
