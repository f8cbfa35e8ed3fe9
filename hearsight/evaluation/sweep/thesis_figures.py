"""The thesis's figures 5.1 to 5.8, of the results of sweeps; None where a figure has nothing to show."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw

from hearsight.data import pairs, words
from hearsight.data.things import picture
from hearsight.errors import DataError
from hearsight.evaluation.document import Block, Figure, Heading, Paragraph
from hearsight.evaluation.eyes import JUDGE
from hearsight.evaluation.eyes import judge as load_judge
from hearsight.evaluation.figures import BAR, INK, empty_plot, png, saved
from hearsight.evaluation.sweep.results import Outcome
from hearsight.evaluation.sweep.thesis_axes import (
    OF_AN_EAR,
    PICTURED,
    along,
    asked,
    best,
    concurrent,
    distance,
    matching,
    values,
)
from hearsight.evaluation.sweep.thesis_tables import TEXT, per_class

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"frozen": "#3b6ea8", "mutual": "#e0912f", "text": BAR}
POOR = 0.3
"""adherence up to which the thesis calls a class poorly aligned (section 5.2.2)"""
SHOWN = 3
"""classes that figure 5.4 shows where none is poor"""
MIXED = 8
"""pictures of figure 5.7"""
SIDE = 128
"""pixels of a picture in a strip of several"""


def figures(outcomes: Sequence[Outcome]) -> list[Block]:
    """All eight, each with its heading; one that cannot be drawn says why."""
    drawn, scales = concurrent(outcomes), along(outcomes, "guidance")
    finest = best(drawn or scales, "adherence")
    far = distance(drawn)
    made: list[tuple[str, str, Figure | None]] = [
        ("5.1", "no ear was queried in several epochs, or of several lengths", _querying(asked(outcomes, "querying"))),
        ("5.2", "no two experiments were judged", _experiments("5.2", drawn, "adherence", "Adherence")),
        ("5.3", "nothing was judged", _confusion(finest) if finest else None),
        ("5.4", "nothing was judged, or the data folder is elsewhere", _poor(finest) if finest else None),
        ("5.5", "no two experiments have a distance", _experiments("5.5", drawn, far, f"{far} to test pictures")),
        ("5.6", "no two guidance scales were measured", _scales(scales)),
        ("5.7", "there are no pictures of several guidance scales", _mixed(scales)),
        ("5.8", "no two guidance scales were judged", _boxes(scales)),
    ]
    blocks: list[Block] = []
    for number, why, figure in made:
        blocks += [Heading(f"Figure {number}"), figure or Paragraph(f"Not drawn: {why}.")]
    return blocks


def _querying(runs: Sequence[Outcome]) -> Figure | None:
    """Figure 5.1: querying accuracy by epoch, a line for every ear; without epochs, by the sounds' length."""
    axis = "epochs" if along(runs, "epochs") else "seconds"
    places = values(runs, axis, OF_AN_EAR if axis == "epochs" else None)
    lines = []
    for alignment in values(runs, "alignment") or [""]:
        for length in (values(runs, "seconds") if axis == "epochs" else []) or [""]:
            where = {key: case for key, case in (("alignment", alignment), ("seconds", length)) if case}
            metric = PICTURED.get(alignment, TEXT)
            found = [_value(matching(runs, **where, **{axis: place}), metric) for place in places]
            points = [(float(place), value) for place, value in zip(places, found, strict=True) if value is not None]
            if len(points) > 1:
                name = " ".join(part for part in (alignment, f"{length} s" if length else "") if part)
                lines.append((name, alignment, float(length or 5), points))
    if not lines:
        return None
    plot = empty_plot(7.5, 4.2)
    axes = plot.add_subplot()
    for name, alignment, seconds, points in lines:
        style: dict[str, Any] = {"color": COLOURS.get(alignment, BAR), "alpha": 0.35 + 0.13 * min(seconds, 5)}
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1.4, label=name, **style)
    _tidy(axes, axis if axis == "epochs" else "seconds heard", "querying accuracy")
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    if len(lines) > 1:
        axes.legend(fontsize=7, ncols=3, frameon=False)
    caption = "Figure 5.1: querying accuracy on held-out sounds."
    return Figure("figure_5_1", caption, saved(plot))


def _experiments(number: str, runs: Sequence[Outcome], metric: str, title: str) -> Figure | None:
    """Figures 5.2 and 5.5: the best epoch of every experiment, its number above the bar."""
    lengths, alignments = values(runs, "seconds"), values(runs, "alignment")
    bars = []
    for at, length in enumerate(lengths or [""]):
        for beside, alignment in enumerate(alignments or [""]):
            where = {key: case for key, case in (("alignment", alignment), ("seconds", length)) if case}
            one = best(matching(runs, **where), metric)
            result = one and one.result(metric)
            if one and result:
                bars.append((at + (beside - 1) * 0.27 * bool(alignments), result, alignment, one.cases.get("epochs")))
    if len(bars) < 2:
        return None
    plot = empty_plot(7.5, 3.8)
    axes = plot.add_subplot()
    for place, result, alignment, epoch in bars:
        axes.bar(place, result["value"], width=0.25 if alignments else 0.6, color=COLOURS.get(alignment, BAR))
        top = result["value"]
        if result["interval"]:
            low, top = result["interval"]
            whiskers = np.array([[result["value"] - low], [top - result["value"]]]).clip(min=0)
            axes.errorbar([place], [result["value"]], yerr=whiskers, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
        if epoch:
            axes.text(place, max(top, result["value"]), epoch, ha="center", va="bottom", fontsize=7)
    axes.set_xticks(range(len(lengths)), [f"{length} s" for length in lengths])
    for alignment in alignments:
        axes.bar([0], [0], color=COLOURS.get(alignment, BAR), label=alignment)
    if alignments:
        axes.legend(fontsize=8, frameon=False)
    _tidy(axes, "length of the sounds" if lengths else "", title)
    if metric == "adherence":
        axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    above = " Above each bar its best epoch." if any(epoch for *_, epoch in bars) else ""
    caption = f"Figure {number}: {title} of every experiment, with 95 % intervals where there are some.{above}"
    return Figure(f"figure_{number.replace('.', '_')}", caption, saved(plot))


def _confusion(one: Outcome) -> Figure | None:
    """Figure 5.3: what the judge saw in the pictures of the best run, as shares of each row."""
    result = one.result("adherence")
    assert result is not None  # it is the best of them
    labels, counts = result["details"]["labels"], np.array(result["details"]["confusion"])
    shown = [row for row in range(len(labels)) if counts[row].sum() or counts[:, row].sum()]
    counts = counts[np.ix_(shown, shown)]
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    names = [words.name(labels[row]) for row in shown]
    side = max(4.0, 0.34 * len(names) + 1.6)
    plot = empty_plot(side, side)
    axes = plot.add_subplot()
    axes.imshow(shares, cmap="RdPu", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(shares), strict=True):
        style: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 6}
        style["color"] = "white" if shares[row, column] > 0.5 else INK
        axes.text(column, row, f"{shares[row, column]:.2f}".removeprefix("0"), **style)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(labelsize=8, length=0)
    axes.set_xlabel("seen in the picture")
    axes.set_ylabel("heard")
    caption = f"Figure 5.3: what the judge saw, as shares of what was heard; the best run, {one.name}."
    return Figure("figure_5_3", caption, saved(plot))


def _poor(one: Outcome) -> Figure | None:
    """Figure 5.4: real pictures of the classes that are drawn worst, to see whether they look alike."""
    shares = per_class([one])
    worst = sorted(shares, key=lambda label: (shares[label], label))
    chosen = [label for label in worst if shares[label] <= POOR] or worst[:SHOWN]
    data = Path(one.settings["measure"]["data"])
    try:
        first = {label: items[0] for label, items in pairs.by_label(pairs.read(data, "picture", "held_out")).items()}
        tiles = [(picture(data / first[label].path), f"{words.name(label)} {shares[label]:.0%}") for label in chosen]
    except (OSError, KeyError, DataError):
        return None
    caption = f"Figure 5.4: a real picture of each of the classes that the best run, {one.name}, draws worst."
    return Figure("figure_5_4", caption, png(_strip(tiles)))


def _scales(runs: Sequence[Outcome]) -> Figure | None:
    """Figure 5.6: adherence and distance by guidance scale."""
    panels = []
    for metric in ("adherence", distance(runs)):
        found = [
            (scale, one.result(metric)) for scale in values(runs, "guidance") for one in matching(runs, guidance=scale)
        ]
        there = [(scale, result) for scale, result in found if result]
        if len(there) > 1:
            panels.append((metric, there))
    if not panels:
        return None
    plot = empty_plot(3.8 * len(panels), 3.2)
    for at, (metric, there) in enumerate(panels, start=1):
        axes = plot.add_subplot(1, len(panels), at)
        places = np.arange(len(there))
        middle = np.array([result["value"] for _, result in there])
        low, high = np.array([result["interval"] or (result["value"],) * 2 for _, result in there]).T
        whiskers = np.stack([middle - low, high - middle]).clip(min=0)
        axes.errorbar(places, middle, yerr=whiskers, color=BAR, ecolor=INK, marker="o", elinewidth=1, capsize=2.5)
        axes.set_xticks(places, [scale for scale, _ in there])
        _tidy(axes, "guidance scale", there[0][1]["metric"])
        if metric == "adherence":
            axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    caption = "Figure 5.6: adherence and distance by guidance scale, with 95 % intervals."
    return Figure("figure_5_6", caption, saved(plot))


def _mixed(runs: Sequence[Outcome]) -> Figure | None:
    """Figure 5.7: the pictures of the largest scale that could be two things at once, in the eyes of the judge."""
    numbered = [one for one in runs if one.cases["guidance"] != "none" and one.result("adherence") and one.folder]
    if len(numbered) < 2:
        return None
    one = max(numbered, key=lambda run: float(run.cases["guidance"]))
    assert one.folder is not None
    files = sorted((one.folder / "pictures").rglob("*.png"))
    folder = Path(one.about.get("judge", JUDGE))
    if not files or not folder.is_dir():
        return None
    judge = load_judge(folder)
    assert judge.classify is not None
    with_second = []
    for file in files:
        shares = judge.classify(judge.encode([judge.read(file)]).detach().numpy())[0]
        first, second = np.argsort(shares)[::-1][:2]
        with_second.append((float(shares[second]), file, judge.labels[first], judge.labels[second]))
    chosen = sorted(with_second, key=lambda those: (-those[0], those[1]))[:MIXED]
    tiles = [(picture(file), f"{words.name(a)} / {words.name(b)}") for _, file, a, b in chosen]
    caption = (
        f"Figure 5.7: the pictures at guidance {one.cases['guidance']} in which the judge's second choice is "
        "likeliest; below each its first and second."
    )
    return Figure("figure_5_7", caption, png(_strip(tiles)))


def _boxes(runs: Sequence[Outcome]) -> Figure | None:
    """Figure 5.8: the adherence of the classes by guidance scale."""
    found = [(scale, list(per_class(matching(runs, guidance=scale)).values())) for scale in values(runs, "guidance")]
    there = [(scale, shares) for scale, shares in found if shares]
    if len(there) < 2:
        return None
    plot = empty_plot(6, 3.4)
    axes = plot.add_subplot()
    style: dict[str, Any] = {"patch_artist": True, "boxprops": {"facecolor": BAR, "alpha": 0.35}}
    axes.boxplot([shares for _, shares in there], medianprops={"color": INK}, **style)
    axes.set_xticks(range(1, len(there) + 1), [scale for scale, _ in there])
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    _tidy(axes, "guidance scale", "adherence of a class")
    caption = "Figure 5.8: adherence of the classes by guidance scale: median, quartiles, and classes far from them."
    return Figure("figure_5_8", caption, saved(plot))


def _tidy(axes: "Axes", across: str, up: str) -> None:
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.tick_params(labelsize=8, length=0)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _strip(tiles: Sequence[tuple[Image.Image, str]], columns: int = 4) -> Image.Image:
    """Pictures in rows, each with a line below."""
    margin, line = 8, 18
    width, height = SIDE + margin, SIDE + line + margin
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (min(len(tiles), columns) * width + margin, rows * height + margin), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (image, text) in enumerate(tiles):
        left, top = margin + number % columns * width, margin + number // columns * height
        sheet.paste(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (left, top))
        pen.text((left, top + SIDE + 3), text, fill=INK, font_size=10)
    return sheet


def _value(found: Sequence[Outcome], metric: str) -> float | None:
    result = found[0].result(metric) if len(found) == 1 else None
    return None if result is None else float(result["value"])
