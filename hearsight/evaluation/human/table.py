"""A study's report for a terminal."""

from collections.abc import Sequence

from hearsight.evaluation.human.agreement import Agreement
from hearsight.evaluation.human.protocols import NEITHER, PROTOCOLS
from hearsight.evaluation.human.results import HumanReport, Relevance, Share, Shares


def table(report: HumanReport) -> str:
    """The paper's table, and below it how sure it is and how far raters agree."""
    protocol = PROTOCOLS[report.kind]
    lines = [f"{protocol.about} ({protocol.source})", _people(report), ""]
    if report.short:
        lines[1:1] = [f"PRELIMINARY: {report.short}"]
    rated = [row for row in report.rows if isinstance(row, Relevance)]
    shared = [row for row in report.rows if isinstance(row, Shares)]
    lines += _aligned(_relevance(rated) if rated else _shares(shared))
    lines += ["", *(_agreement(one) for one in report.agreement)]
    if report.left is not None:
        lines.append(f"left picture chosen {report.left:.0%} of the time")
    return "\n".join(line.rstrip() for line in lines)


def _people(report: HumanReport) -> str:
    raters = report.raters
    answers = sum(row.ratings if isinstance(row, Relevance) else row.answers for row in report.rows)
    line = f"{_many(len(raters.counted), 'rater')}, {_many(answers, 'answer')}; {len(raters.finished)} finished"
    if raters.inattentive:
        names = ", ".join(f"rater {number}" for number in raters.inattentive)
        left_out = not set(raters.inattentive) & set(raters.counted)
        line += f"; failed an attention check, {'left out' if left_out else 'counted here'}: {names}"
    return line


def _relevance(rows: Sequence[Relevance]) -> list[list[str]]:
    lines = [["", "relevance", "95 %", "pictures", "ratings"]]
    for row in rows:
        score = f"{row.mean:.2f} ± {row.deviation:.2f}"
        lines.append([row.method, score, _interval(row.interval, 2), str(row.pictures), str(row.ratings)])
    return lines


def _shares(rows: Sequence[Shares]) -> list[list[str]]:
    """Percentages; of an experiment that was repeated, the smallest and the largest, and all together below."""
    lines: list[list[str]] = []
    for row in rows:
        compares = len(row.compared) == 2
        if compares or not lines:
            names = ("no preference" if compares and one.answer == NEITHER else one.answer for one in row.shares)
            lines.append(["", *names, "answers"])
        name = "chosen" if compares else row.compared[0]
        if any(share.repetitions for share in row.shares):
            lines.append([name, *(_range(share) for share in row.shares), ""])
            name = "  all together"
        lines.append([name, *(f"{share.percent:.1f} %" for share in row.shares), str(row.answers)])
        lines.append(["  95 %", *(_interval(share.interval, 1) for share in row.shares), ""])
    return lines


def _range(share: Share) -> str:
    return f"{min(share.repetitions):.0f} - {max(share.repetitions):.0f} %"


def _agreement(one: Agreement) -> str:
    if one.alpha is None:
        why = "no trial has two raters, or all said the same"
        return f"agreement: Krippendorff's alpha ({one.level}) is not defined: {why}"
    sure = f" (95 %: {_interval(one.interval, 2)})" if one.interval else ""
    pairs = f"; {one.pairs:.0%} of pairs of answers are the same" if one.pairs is not None else ""
    return f"agreement: Krippendorff's alpha ({one.level}) {one.alpha:.2f}{sure}{pairs}"


def _interval(interval: tuple[float, float] | None, digits: int) -> str:
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}" if interval else "one rater"


def _many(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        "  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    ]
