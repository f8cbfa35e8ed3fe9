"""The thesis's tables 5.1 to 5.9, of the results of sweeps. A number that is not there is said to be missing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hearsight.data import words
from hearsight.evaluation.document import Block, Heading, Paragraph, Table
from hearsight.evaluation.sweep.results import Outcome
from hearsight.evaluation.sweep.thesis_axes import (
    NOT_MEASURED,
    OF_AN_EAR,
    PICTURED,
    Result,
    along,
    asked,
    best,
    cell,
    concurrent,
    distance,
    matching,
    measured_by,
    values,
)

PUBLISHED = {"S2I-C": 252.66, "CMCGAN": 215.92, "CMCRL + SAGAN": 107.26, "the thesis's best": 75.32}
"""FID on Sub-URMP's test pictures as the thesis prints them (table 5.3)"""
TEXT = "querying accuracy (text)"
TO_TRAINING = "to training pictures"

Show = Callable[[Result], str]


def tables(outcomes: Sequence[Outcome]) -> list[Block]:
    """All nine, each with its heading and the networks that measured it."""
    drawn, scales, projections = concurrent(outcomes), along(outcomes, "guidance"), along(outcomes, "projection")
    far, near = distance(drawn), distance(scales)
    return [
        *_by_epoch("5.1", "querying accuracy of the ear", asked(outcomes, "querying"), _Querying(), OF_AN_EAR),
        *_by_epoch("5.2", "adherence", drawn, _One("adherence", percent)),
        *_compared(drawn),
        *_by_epoch("5.4", f"{far} to training pictures", drawn, _One(f"{far} {TO_TRAINING}", number)),
        *_by_epoch("5.5", f"{far} to test pictures", drawn, _One(far, number)),
        *_by_case("5.6", f"{near} by guidance scale", scales, "guidance", {near: number}),
        *_by_case("5.7", "adherence by guidance scale", scales, "guidance", {"adherence": percent}),
        *_per_class(scales),
        *_by_case(
            "5.9",
            "projection mechanisms",
            projections,
            "projection",
            {distance(projections): number, "adherence": percent},
        ),
    ]


def percent(result: Result) -> str:
    """A share."""
    return f"{result['value']:.1%}"


def number(result: Result) -> str:
    """A distance: two digits behind the point, and four that matter of a small one."""
    return f"{result['value']:.2f}" if abs(result["value"]) >= 1 else f"{result['value']:.4f}"


def correlation(outcomes: Sequence[Outcome]) -> tuple[float, float, int] | None:
    """Pearson's R of guidance scale and adherence beyond 1 (section 5.3), its p, and the number of scales.

    None for fewer than three scales, or where all adherences are the same.
    """
    from scipy.stats import pearsonr

    pairs = [
        (float(outcome.cases["guidance"]), result["value"])
        for outcome in outcomes
        if outcome.cases["guidance"] != "none" and (result := outcome.result("adherence"))
    ]
    beyond = sorted(pair for pair in pairs if pair[0] > 1)
    if len(beyond) < 3 or len({value for _, value in beyond}) == 1:
        return None
    found = pearsonr(*zip(*beyond, strict=True))
    return float(found.statistic), float(found.pvalue), len(beyond)


@dataclass(frozen=True)
class _One:
    """One metric for every row."""

    metric: str
    show: Show

    def of(self, alignment: str) -> str:
        return self.metric


class _Querying:
    """Each ear is asked in the modality that it was aligned with."""

    metric = TEXT
    show: Show = staticmethod(percent)

    def of(self, alignment: str) -> str:
        return PICTURED.get(alignment, TEXT)


def _by_epoch(
    which: str, title: str, runs: Sequence[Outcome], metric: _One | _Querying, epochs: Sequence[str] | None = None
) -> list[Block]:
    """Rows of sounds' lengths and alignments, columns of epochs; an axis that no run has is left out."""
    lengths, alignments = values(runs, "seconds"), values(runs, "alignment")
    columns = values(runs, "epochs", epochs)
    names = [name for name, there in (("alignment", alignments), ("seconds", lengths)) if there]
    rows = []
    for alignment in alignments or [""]:
        for length in lengths or [""]:
            where = _present(alignment=alignment, seconds=length)
            row = [*where.values()]
            for epoch in columns or [""]:
                found = matching(runs, **where, **_present(epochs=epoch))
                row.append(cell(found, metric.of(alignment), metric.show))
            if not columns:
                row.append(_interval(found, metric.of(alignment), metric.show))
            rows.append(row)
    head = [f"epoch {epoch}" for epoch in columns] or [metric.metric, "95 %"]
    table = Table([*names, *head], rows)
    title = f"{title} by epoch" if columns else title
    used = dict.fromkeys(metric.of(alignment) for alignment in alignments or [""])
    return _block(which, title, runs, table, list(used))


def _compared(runs: Sequence[Outcome]) -> list[Block]:
    rows = [[name, f"{value:.2f}", "published"] for name, value in PUBLISHED.items()]
    one = best(runs, "FID")
    result = one and one.result("FID")
    if one and result and result["metric"] == "FID":
        rows.append([one.name, number(result), "here; comparable only if measured on Sub-URMP's test pictures"])
    else:
        why = f"{result['metric']} is another measure" if result else NOT_MEASURED
        rows.append(["the best run", why, "here"])
    title = "FID beside the networks that drew Sub-URMP before"
    return [Heading(f"Table 5.3: {title}"), Table(["method", "FID", "source"], rows)]


def _by_case(which: str, title: str, runs: Sequence[Outcome], axis: str, metrics: Mapping[str, Show]) -> list[Block]:
    """A row for every metric and one for its interval, columns of the axis's cases."""
    columns = values(runs, axis)
    rows = []
    for metric, show in metrics.items():
        rows.append([metric, *(cell(matching(runs, **{axis: case}), metric, show) for case in columns)])
        rows.append(["95 %", *(_interval(matching(runs, **{axis: case}), metric, show) for case in columns)])
    return _block(which, title, runs, Table([axis, *columns], rows), list(metrics))


def _interval(found: Sequence[Outcome], metric: str, show: Show) -> str:
    result = found[0].result(metric) if len(found) == 1 else None
    if not result or not result["interval"]:
        return ""
    return " to ".join(show({"value": bound}) for bound in result["interval"])


def _per_class(runs: Sequence[Outcome]) -> list[Block]:
    columns = values(runs, "guidance")
    shares = {case: per_class(matching(runs, guidance=case)) for case in columns}
    labels = sorted({label for those in shares.values() for label in those})
    empty = {case: cell(matching(runs, guidance=case), "adherence", lambda _: NOT_MEASURED) for case in columns}
    rows = []
    for label in labels:
        cells = [f"{those[label]:.1%}" if label in those else empty[case] for case, those in shares.items()]
        rows.append([words.name(label), *cells])
    rows.append(["interquartile range", *map(_spread, shares.values())])
    blocks = _block("5.8", "adherence of each class by guidance scale", runs, Table(["class", *columns], rows), [])
    found = correlation(runs)
    if found:
        told = "Guidance scale and adherence beyond 1: Pearson's R = {:.3f}, p = {:.3f}, n = {}.".format(*found)
        blocks.append(Paragraph(told))
    return blocks


def per_class(found: Sequence[Outcome]) -> Mapping[str, float]:
    """The adherence of every class in a single run."""
    result = found[0].result("adherence") if len(found) == 1 else None
    shares: Mapping[str, float] = result["details"]["per class"] if result else {}
    return shares


def _spread(shares: Mapping[str, float]) -> str:
    """The interquartile range over the classes."""
    if not shares:
        return ""
    low, high = np.quantile(list(shares.values()), [0.25, 0.75])
    return f"{high - low:.1%}"


def _block(which: str, title: str, runs: Sequence[Outcome], table: Table, metrics: Sequence[str]) -> list[Block]:
    head = Heading(f"Table {which}: {title}")
    if not runs:
        return [head, Paragraph("No run of this study is in the results.")]
    told = [line for metric in metrics if (line := measured_by(runs, metric))]
    return [head, table, *map(Paragraph, told)]


def _present(**cases: str) -> dict[str, str]:
    return {axis: case for axis, case in cases.items() if case}
