import io

import numpy as np
import pytest
from PIL import Image

from hearsight.evaluation.adherence import Adherence
from hearsight.evaluation.figures import draw
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.result import Result


@pytest.fixture
def drawn(data, tmp_path):
    """The first sounds of two classes, and a picture of each in a colour of its own."""
    heard = sounds(data, per_class=1)
    files = [[tmp_path / f"{colour}.png"] for colour in ("cyan", "yellow")]
    for (path,) in files:
        Image.new("RGB", (16, 16), path.stem).save(path)
    return heard, files


def open_figure(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_the_sheet_shows_every_picture(data, drawn) -> None:
    (sheet,) = draw(data, *drawn, [])
    seen = {colour for _, colour in open_figure(sheet.png).getcolors(1 << 20)}
    assert sheet.name == "pictures" and {(0, 255, 255), (255, 255, 0)} <= seen


def test_bars_classes_and_confusion(data, drawn, network) -> None:
    result = Adherence(("blue", "red", "green"), np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])).result(network(3))
    other = Result("FID", 70.0, "lower", 8, "by hand", "0" * 64)
    figures = draw(data, *drawn, [result, other])
    assert [figure.name for figure in figures] == ["pictures", "shares", "per_class", "confusion"]
    assert "adherence by class" in figures[2].caption
    for figure in figures[1:]:
        assert np.asarray(open_figure(figure.png)).std() > 10
    again = draw(data, *drawn, [result, other])
    assert [figure.png for figure in figures] == [figure.png for figure in again]


def test_a_longer_bar_is_a_larger_share(data, drawn) -> None:
    def pink(value: float) -> int:
        share = Result("pocket AIC", value, "higher", 9, "by hand", "0" * 64, (value - 0.1, value + 0.1))
        red, green, blue = np.asarray(open_figure(draw(data, *drawn, [share])[1].png)).astype(int).transpose(2, 0, 1)
        return int(((red - green > 60) & (red - blue > 20)).sum())

    assert pink(0.8) == pytest.approx(2 * pink(0.4), rel=0.1)
