"""A comparison: a row for every sound, a column for every way of drawing it, remarks below each picture."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from hearsight.errors import ConfigError
from hearsight.sound import Sound
from hearsight.studio.contact_sheet import (
    LINE_HEIGHT,
    MARGIN,
    PAPER,
    SPECTROGRAM_HEIGHT,
    line_of_text,
    rounded,
    scaled,
    spectrogram,
    stacked,
)

BLANK = (240, 240, 243)
FAINT = (120, 120, 130)
LONGEST_REMARK = 200
"""characters of a remark that stands in place of a picture"""


@dataclass(frozen=True, eq=False)
class Cell:
    """What one way made of one sound."""

    picture: Image.Image | None
    """What was drawn; None leaves the place blank but for the remarks."""
    remarks: Sequence[str] = ()
    """Lines below the picture, or the reason why there is none."""


@dataclass(frozen=True, eq=False)
class Row:
    """One sound and what became of it."""

    sound: Sound
    """What was heard."""
    caption: str
    """What stands below its spectrogram."""
    cells: Sequence[Cell]
    """One for every column."""


def comparison_sheet(columns: Sequence[str], rows: Sequence[Row], *, width: int = 192) -> Image.Image:
    """The rows below the names of the columns, on white paper; every cell is `width` pixels wide.

    Raises ConfigError where there is nothing to show, or a row has not one cell per column.
    """
    if not rows or not columns:
        raise ConfigError("a comparison of nothing: give at least one sound and one system.")
    if any(len(row.cells) != len(columns) for row in rows):
        raise ConfigError(f"{len(columns)} columns: every row needs one cell for each.")
    head = [line_of_text(name, width) for name in ("", *columns)]
    strips = [head, *(_strip(row, width) for row in rows)]
    heights = [max(image.height for image in strip) for strip in strips]
    across, down = len(head) * (width + MARGIN) + MARGIN, sum(height + MARGIN for height in heights) + MARGIN
    sheet, top = Image.new("RGB", (across, down), PAPER), MARGIN
    for strip, height in zip(strips, heights, strict=True):
        for at, image in enumerate(strip):
            sheet.paste(image, (MARGIN + at * (width + MARGIN), top))
        top += height + MARGIN
    return sheet


def _strip(row: Row, width: int) -> list[Image.Image]:
    """The images of a row."""
    heard = rounded(spectrogram(row.sound, width, round(width * SPECTROGRAM_HEIGHT)))
    return [stacked([heard, line_of_text(row.caption, width)]), *(_shown(cell, width) for cell in row.cells)]


def _shown(cell: Cell, width: int) -> Image.Image:
    if cell.picture is None:
        return _blank(cell, width)
    picture = rounded(scaled(cell.picture, width))
    lines = [line_of_text(remark, width) for remark in cell.remarks]
    return stacked([picture, stacked(lines, gap=0)]) if lines else picture


def _blank(cell: Cell, width: int) -> Image.Image:
    """A grey square that says why there is no picture."""
    image = Image.new("RGB", (width, width), BLANK)
    size = max(8, width // 16)
    font = ImageFont.load_default(size)
    letters = max(1, int(width * 0.86 / font.getlength("n")))
    said = textwrap.shorten(" ".join(cell.remarks), LONGEST_REMARK, placeholder=" …")
    lines = textwrap.wrap(said, letters)
    step = size * LINE_HEIGHT
    top = (width - step * (len(lines) - 1)) / 2
    for number, line in enumerate(lines):
        ImageDraw.Draw(image).text((width / 2, top + step * number), line, fill=FAINT, font=font, anchor="mm")
    return rounded(image)
