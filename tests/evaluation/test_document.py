import base64
import io
import json
import re

import pytest
from PIL import Image

from hearsight.evaluation.document import Bullets, Figure, Heading, Paragraph, Table, markdown, page, write


@pytest.fixture
def figure() -> Figure:
    content = io.BytesIO()
    Image.new("RGB", (7, 5), "red").save(content, format="PNG")
    return Figure("red", 'What is "red".', content.getvalue())


@pytest.fixture
def blocks(figure):
    table = Table(["a", "b | c"], [["1 < 2", "two\nlines"], ["0.9667", "a long cell " * 4]])
    return [table, Paragraph("Some <words>."), Heading("More"), Bullets(["one", "two & three"]), figure]


def test_markdown_keeps_rows_on_their_lines(blocks) -> None:
    lines = markdown("A title", blocks).splitlines()
    assert lines[:5] == ["# A title", "", "| a | b \\| c |", "| --- | --- |", "| 1 < 2 | two lines |"]
    assert {"Some <words>.", "## More", "- two & three", '![What is "red".](figures/red.png)'} <= set(lines)


def test_the_three_files_and_the_figure_are_written(blocks, figure, tmp_path) -> None:
    place = write(tmp_path, "board", "A & B", blocks, {"rows": [1, "ä"]})
    assert place == tmp_path / "board.html"
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["board.html", "board.json", "board.md", "red.png"]
    assert json.loads((tmp_path / "board.json").read_text()) == {"rows": [1, "ä"]}
    assert (tmp_path / "figures" / "red.png").read_bytes() == figure.png

    text = place.read_text()
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert base64.b64decode(data) == figure.png and not re.search(r'(src|href)="(?!data:)', text)
    assert "<h1>A &amp; B</h1>" in text and "<p>Some &lt;words&gt;.</p>" in text and "<li>two &amp; three</li>" in text


def test_numbers_are_never_broken_and_long_cells_may_be(blocks, tmp_path) -> None:
    text = write(tmp_path, "board", "A", blocks, None).read_text()
    assert '<td class="whole">0.9667</td>' in text and f"<td>{'a long cell ' * 4}</td>" in text


def test_a_page_of_html_gets_its_own_style() -> None:
    text = page("A < B", "<b>bold</b>", "b { color: red; }")
    assert "<title>A &lt; B</title>" in text and "<b>bold</b>" in text and "b { color: red; }" in text
    assert text.count("{") == text.count("}")
