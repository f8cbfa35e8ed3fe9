import numpy as np
import pytest
from PIL import Image

from hearsight.errors import ConfigError
from hearsight.sound import Sound
from hearsight.studio.comparison_sheet import Cell, Row, comparison_sheet


def row(*colours: str | None) -> Row:
    sound = Sound((0.5 * np.sin(np.arange(4000)))[None].astype(np.float32), 8000)
    cells = [Cell(colour and Image.new("RGB", (16, 16), colour), [f"{colour} 90%", "1.20 s"]) for colour in colours]
    return Row(sound, "a sound", cells)


def places(sheet: Image.Image, colour: tuple[int, int, int]) -> tuple[float, float]:
    """The middle (x, y) of everything in this colour."""
    y, x = np.nonzero((np.asarray(sheet) == colour).all(axis=-1))
    return float(x.mean()), float(y.mean())


def test_columns_are_systems_and_rows_are_sounds() -> None:
    sheet = comparison_sheet(["one", "two"], [row("red", "lime"), row("blue", "yellow")], width=64)
    red, lime, blue, yellow = (
        places(sheet, colour) for colour in ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0))
    )
    assert red[0] == blue[0] < lime[0] == yellow[0] and red[1] == lime[1] < blue[1] == yellow[1]
    assert red[0] > 64 + 24 and sheet.width == 3 * (64 + 24) + 24


def test_where_nothing_was_drawn_the_reason_stands_on_grey() -> None:
    some, nothing = (
        comparison_sheet(["one"], [Row(row().sound, "", [Cell(None, said)])]) for said in (["why " * 99], [])
    )
    grey = [(np.asarray(sheet) == (240, 240, 243)).all(axis=-1) for sheet in (some, nothing)]
    assert some.size == nothing.size and 15000 < grey[0].sum() < grey[1].sum()
    top, bottom = np.flatnonzero(grey[1].any(axis=1))[[0, -1]]
    written = np.flatnonzero((np.asarray(some) != np.asarray(nothing)).any(axis=(1, 2)))
    assert top < written.min() and written.max() < bottom


@pytest.mark.parametrize(("columns", "rows"), [([], [row()]), (["one"], []), (["one", "two"], [row("red")])])
def test_a_grid_with_gaps_is_refused(columns, rows) -> None:
    with pytest.raises(ConfigError):
        comparison_sheet(columns, rows)
