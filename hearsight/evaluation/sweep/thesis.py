"""The thesis's chapter 5 of the results of one or several sweeps: tables 5.1 to 5.9 and figures 5.1 to 5.8.

R. Kyle, *Hierarchical Audio-Conditional Image Generation with AudioCLIP Latents*, sections 4.3 to 4.5 and chapter 5.
"""

from collections.abc import Sequence
from pathlib import Path

from hearsight.config import plain
from hearsight.evaluation import document
from hearsight.evaluation.document import Block, Bullets, Heading, Paragraph
from hearsight.evaluation.sweep import results, thesis_figures, thesis_tables
from hearsight.evaluation.sweep.results import Outcome

TITLE = "The thesis's experiments"


def write(folders: Sequence[Path], out: Path) -> Path:
    """Write thesis.md, thesis.html, thesis.json and figures/ of the sweeps in `folders` into `out`; returns the page.

    Raises DataError where a folder has no results, MissingDependency without matplotlib.
    """
    outcomes = [outcome for folder in folders for outcome in results.read(folder)]
    return document.write(out, "thesis", TITLE, blocks(outcomes), [plain(outcome) for outcome in outcomes])


def blocks(outcomes: Sequence[Outcome]) -> list[Block]:
    """Everything, tables first."""
    counts = {state: sum(one.state == state for one in outcomes) for state in ("measured", "failed", "not run")}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    found: list[Block] = [Paragraph(f"{len(outcomes)} runs: {told}.")]
    failed = [f"{one.name}: {one.reason}" for one in outcomes if one.state == "failed"]
    if failed:
        found += [Heading("Failed"), Bullets(failed)]
    return [*found, *thesis_tables.tables(outcomes), *thesis_figures.figures(outcomes)]
