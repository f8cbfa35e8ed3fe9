"""The leaderboard as Markdown, HTML and JSON, and its table in a README."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from hearsight.config import build
from hearsight.data import words
from hearsight.data.things import picture
from hearsight.errors import DataError
from hearsight.evaluation import document
from hearsight.evaluation.contestants import Contestant
from hearsight.evaluation.document import Block, Bullets, Figure, Heading, Paragraph, Table
from hearsight.evaluation.figures import LONGEST_SHOWN, bars, png
from hearsight.evaluation.leaderboard import REAL, Leaderboard, Standing
from hearsight.evaluation.report import about, number
from hearsight.evaluation.result import Result
from hearsight.evaluation.timing import in_words
from hearsight.files import write_atomically
from hearsight.hub.card import Card
from hearsight.hub.folder import CARD, shipped_names
from hearsight.sound import Sound
from hearsight.studio.comparison_sheet import Cell, Row, comparison_sheet

SHARES = ("adherence", "querying accuracy (text)", "querying accuracy (pictures)")
"""Columns in percent."""
COLUMNS = ("adherence", "FID", "KID", *SHARES[1:])
"""The metrics of the table."""
NOTHING = "-"
SHOWN = 8
"""sounds of the leaderboard's picture"""
BEGIN, END = "<!-- leaderboard -->", "<!-- end of the leaderboard -->"
"""between which a README has the table"""


def write(board: Leaderboard, folder: Path, absent: Sequence[str] = (), other: Sequence[Sequence[str]] = ()) -> Path:
    """Write leaderboard.html, leaderboard.md, leaderboard.json and figures/*.png; returns the page.

    Args:
        absent: systems that were not measured.
        other: rows of OTHER_HEAD about systems that do another task.
    """
    content = {**board.plain(), "absent": list(absent), "another task, measured": [list(row) for row in other]}
    blocks = _blocks(board, absent, other)
    return document.write(folder, "leaderboard", "Every system on the same sounds", blocks, content)


def table(board: Leaderboard) -> Table:
    """A row for real pictures and for every system, a column for every metric that was measured of any."""
    measured = [column for column in COLUMNS if any(one.result(column) for one in board.ranked)]
    names = [next(found.metric for one in board.ranked if (found := one.result(column))) for column in measured]
    rows = [
        [one.name, *(_number(one.result(column), column) for column in measured), *_costs(one)] for one in board.ranked
    ]
    return Table(["", *names, "a picture takes", "MB"], rows)


OTHER_HEAD = ("system", "what", "value", "95 %", "measured by")
"""The columns of what was measured on another task."""


def other_rows(
    systems: Sequence[Contestant], measured: Mapping[str, Sequence[Mapping[str, object]]]
) -> list[list[str]]:
    """Rows about systems that do another task: what `hearsight evaluate birds --json` measured, else their cards."""
    rows = []
    for name, results in measured.items():
        for result in (build(Result, one) for one in results):
            between = " to ".join(map(number, result.interval or ()))
            rows.append([Path(name).name, result.metric, number(result.value), between, result.network])
    told = {row[0] for row in rows}
    for system in systems:
        card = system.folder / CARD
        if system.name not in told and system.system not in told and card.is_file():
            metrics = Card.read(card).metrics
            rows += [[system.name, what, number(value), "", "its card"] for what, value in metrics.items()]
    return rows


def insert(readme: Path, board: Leaderboard, other: Sequence[Sequence[str]] = ()) -> None:
    """Put the table, and the one of another task (`other_rows`), between the two markers of a README.

    Raises DataError where they are missing.
    """
    before, after = require_markers(readme)
    classes = len({sound.label for sound in board.heard})
    what = f"{len(board.heard)} held-out sounds of {classes} classes, with 95 % intervals"
    told = f"Measured by `hearsight bench pocket` on {what}."
    content = f"{before}{BEGIN}\n{document.markdown_table(table(board))}\n\n{told}\n{_other(other)}{END}{after}"
    with write_atomically(readme) as partial:
        partial.write_text(content, encoding="utf-8")


def _other(rows: Sequence[Sequence[str]]) -> str:
    """The table of another task in Markdown, or nothing."""
    told = "Another task, spoken sentences about birds, which those above cannot draw:"
    return f"\n{told}\n\n{document.markdown_table(Table(OTHER_HEAD, rows))}\n" if rows else ""


def require_markers(readme: Path) -> tuple[str, str]:
    """What stands before and after the two markers of a README. Raises DataError where there are none."""
    try:
        before, begun, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    except OSError as error:
        raise DataError(f"{readme}: cannot be read ({error.strerror or error}); give a Markdown file.") from None
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise DataError(f"{readme}: has no place for the table; mark it with {BEGIN} and, below, {END}.")
    return before, after


def _blocks(board: Leaderboard, absent: Sequence[str], other: Sequence[Sequence[str]]) -> list[Block]:
    first = _result(board)
    told = f"95 % intervals in brackets. The judge: {first.network}. " if first else ""
    blocks: list[Block] = [
        table(board),
        Paragraph(
            f"{told}Real pictures are as many as the sounds, compared with the other real ones; a system that is told "
            "the word reads the name of the class instead of hearing the sound. Times are medians from the file to the "
            "picture, one at a time, with the system loaded and warm."
        ),
    ]
    missing = [*_missing(board), *(f"{name}: {_why_absent(name)}" for name in absent)]
    if missing:
        blocks += [Heading("Not measured"), Bullets(missing)]
    if board.other_task or other:
        blocks += [Heading("Another task: spoken sentences"), *_other_task(board, other)]
    return [*blocks, *_figures(board), Heading("How"), about(_facts(board))]


def _other_task(board: Leaderboard, other: Sequence[Sequence[str]]) -> list[Block]:
    blocks: list[Block] = [
        Paragraph(
            "These systems draw what a sentence says and were never taught these sounds. Their pictures have no place "
            "in the table above; only what a picture takes and what the weights weigh compare."
        )
    ]
    costs = [[one.name, *_costs(one)] for one in board.other_task if not one.reason]
    if costs:
        blocks.append(Table(["", "a picture takes", "MB"], costs))
    if other:
        blocks.append(Table(OTHER_HEAD, other))
    return blocks


def _why_absent(system: str) -> str:
    return "was not asked for." if system in shipped_names() else "no weights of it are here; give its folder."


def _missing(board: Leaderboard) -> list[str]:
    failed = [f"{one.name}: {one.reason}" for one in (*board.standings, *board.other_task) if one.reason]
    left_out = {f"{metric}: {why}": None for one in board.standings for metric, why in one.left_out.items()}
    return [*failed, *left_out]


def _figures(board: Leaderboard) -> list[Figure]:
    ranked = board.ranked
    adherence = [(one.name, found) for one in ranked if (found := one.result("adherence"))]
    names, results = zip(*adherence, strict=True)
    chart = bars("adherence", f"{results[0].metric} with 95 % intervals.", results, names)
    return [_sheet(board, ranked), chart]


def _sheet(board: Leaderboard, ranked: Sequence[Standing]) -> Figure:
    """The first sound of some classes, and what everybody drew."""
    first = [number for number, sound in enumerate(board.heard) if sound.number == 0]
    chosen = first[:: max(1, len(first) // SHOWN)][:SHOWN]
    data = Path(str(board.about["data"]))
    rows = [
        Row(
            Sound.read(data / board.heard[number].item.path, duration=LONGEST_SHOWN),
            words.name(board.heard[number].label),
            [Cell(picture(one.pictures[number][0])) for one in ranked],
        )
        for number in chosen
    ]
    caption = f"The first held-out sound of {len(chosen)} classes."
    return Figure("drawn", caption, png(comparison_sheet([one.name for one in ranked], rows)))


def _facts(board: Leaderboard) -> dict[str, object]:
    everyone = [one for one in (*board.standings, *board.other_task) if one.name != REAL]
    weights = {f"weights of {one.name}": one.weights for one in everyone if one.weights}
    machines = sorted({one.timing.machine for one in everyone if one.timing})
    return {**board.about, **({"timed on": "; ".join(machines)} if machines else {}), **weights}


def _result(board: Leaderboard) -> Result | None:
    return next((found for one in board.ranked if (found := one.result("adherence"))), None)


def _number(result: Result | None, column: str) -> str:
    if result is None:
        return NOTHING
    shares = column in SHARES
    value, *bounds = (
        f"{100 * one:.1f}" if shares else f"{one:.3g}" for one in (result.value, *(result.interval or ()))
    )
    between = f"\n({' to '.join(bounds)})" if bounds else ""
    return f"{value}{' %' if shares else ''}{between}"


def _costs(one: Standing) -> list[str]:
    return [
        NOTHING if one.timing is None else in_words(one.timing.seconds),
        NOTHING if one.megabytes is None else f"{one.megabytes:.1f}",
    ]
