"""The figures of a report: what was drawn, what the judge confused, how sure the numbers are."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from hearsight.data import words
from hearsight.data.things import picture
from hearsight.errors import MissingDependency
from hearsight.evaluation.document import Figure
from hearsight.evaluation.held_out import HeldOutSound
from hearsight.evaluation.result import Result
from hearsight.evaluation.spread import wilson
from hearsight.sound import Sound
from hearsight.studio.contact_sheet import Tile, contact_sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

LONGEST_SHOWN = 60.0
"""seconds of a sound that a contact sheet shows"""
PICTURES_SHOWN = 3
"""pictures of a sound that it shows"""
SHARES = ("adherence", "AIC", "AIS (share won)", "IIS (share won)", "mAP", "R@1", "R@5", "R@10", "querying accuracy")
"""metrics that are shares, from 0 to 1, as the ends or beginnings of their names"""
INK, BAR = "#26262e", "#b82d69"


def draw(
    data: Path, heard: Sequence[HeldOutSound], pictures: Sequence[Sequence[Path]], results: Sequence[Result]
) -> list[Figure]:
    """All figures of these results. Raises MissingDependency without matplotlib."""
    figures = [_sheet(data, heard, pictures)]
    shares = [result for result in results if any(name in result.metric for name in SHARES)]
    if shares:
        figures.append(bars("shares", "Shares with their 95 % intervals.", shares))
    for result in results:
        if "confusion" in result.details:
            figures += [_per_class(result), _confusion(result)]
    return figures


def _sheet(data: Path, heard: Sequence[HeldOutSound], pictures: Sequence[Sequence[Path]]) -> Figure:
    """The first sound of every class."""
    first = [(sound, files) for sound, files in zip(heard, pictures, strict=True) if sound.number == 0]
    tiles = [
        Tile(
            Sound.read(data / sound.item.path, duration=LONGEST_SHOWN),
            [picture(path) for path in files[:PICTURES_SHOWN]],
            words.name(sound.label),
        )
        for sound, files in first
    ]
    caption = "The first held-out sound of every class, and what was drawn."
    return Figure("pictures", caption, png(contact_sheet(tiles)))


def bars(name: str, caption: str, results: Sequence[Result], names: Sequence[str] | None = None) -> Figure:
    """Shares from 0 to 1 with their intervals, called by their metrics or by `names`."""
    values = [result.value for result in results]
    intervals = [result.interval or (result.value, result.value) for result in results]
    return Figure(name, caption, _bar_chart(names or [result.metric for result in results], values, intervals))


def _per_class(result: Result) -> Figure:
    labels, counts = result.details["labels"], np.array(result.details["confusion"])
    drawn = [row for row in range(len(labels)) if counts[row].sum()]
    right = [(int(counts[row, row]), int(counts[row].sum())) for row in drawn]
    chart = _bar_chart(
        [words.name(labels[row]) for row in drawn],
        [seen / count for seen, count in right],
        [wilson(seen, count) for seen, count in right],
    )
    return Figure("per_class", f"{result.metric} by class, with 95 % intervals (Wilson).", chart)


def _confusion(result: Result) -> Figure:
    labels, counts = result.details["labels"], np.array(result.details["confusion"])
    shown = [row for row in range(len(labels)) if counts[row].sum() or counts[:, row].sum()]
    names, counts = [words.name(labels[row]) for row in shown], counts[np.ix_(shown, shown)]
    side = max(4.0, 0.32 * len(names) + 1.6)
    plot = empty_plot(side, side)
    axes = plot.add_subplot()
    axes.imshow(counts / counts.sum(axis=1, keepdims=True).clip(min=1), cmap="RdPu", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = counts[row, column] > counts[row].sum() / 2
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7, "color": "white" if dark else INK}
        axes.text(column, row, str(counts[row, column]), **style)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(labelsize=8, length=0)
    axes.set_xlabel("seen in the picture")
    axes.set_ylabel("heard")
    return Figure("confusion", "What was heard (rows) and what the judge saw in the pictures (columns).", saved(plot))


def _bar_chart(names: Sequence[str], values: Sequence[float], intervals: Sequence[tuple[float, float]]) -> bytes:
    """Horizontal bars from 0 to 1 with whiskers."""
    plot = empty_plot(7.5, 0.28 * len(names) + 0.9)
    axes = plot.add_subplot()
    places = np.arange(len(names))
    low, high = np.array(intervals).T
    middle = np.array(values)
    whiskers = np.stack([middle - low, high - middle]).clip(min=0)
    axes.barh(places, middle, height=0.62, color=BAR, alpha=0.85)
    axes.errorbar(middle, places, xerr=whiskers, fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 1.02)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.tick_params(labelsize=9, length=0)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return saved(plot)


def empty_plot(width: float, height: float) -> "Plot":
    """An empty plot of so many inches, which no window or global state knows of."""
    try:
        from matplotlib.figure import Figure as Plot
    except ImportError:
        raise MissingDependency("a report's figures need matplotlib: pip install 'hearsight[evaluate]'") from None
    return Plot(figsize=(width, height), layout="constrained")


def saved(plot: "Plot") -> bytes:
    """The content of a PNG file of a plot."""
    content = io.BytesIO()
    unsaid: dict[str, Any] = {"Software": None}  # the same numbers give the same bytes
    plot.savefig(content, format="png", dpi=130, metadata=unsaid)
    return content.getvalue()


def png(image: Image.Image) -> bytes:
    """The content of a PNG file."""
    content = io.BytesIO()
    image.save(content, format="PNG")
    return content.getvalue()
