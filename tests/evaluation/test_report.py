import base64
import io
import json
import re

from PIL import Image

from hearsight.evaluation.document import Figure
from hearsight.evaluation.report import Report, table, write
from hearsight.evaluation.result import Result

SURE = Result("pocket FID", 12.3456, "lower", 40, "a <judge> | resized", "ab" * 32, (11.0, 13.5), {"features": 192})
UNSURE = Result("adherence", 0.5, "higher", 2, "judge", "cd" * 32)


def report() -> Report:
    about = {"weights": "12ef", "settings": {"steps": 3}, "sounds": 4}
    return Report("a & b", about, [SURE, UNSURE], {"fid": "too few pictures"})


def figure() -> Figure:
    content = io.BytesIO()
    Image.new("RGB", (7, 5), "red").save(content, format="PNG")
    return Figure("bars", 'The "bars".', content.getvalue())


def test_the_three_files_say_the_same(tmp_path) -> None:
    place = write(report(), [figure()], tmp_path)
    assert place == tmp_path / "report.html"
    content = json.loads((tmp_path / "report.json").read_text())
    assert content["system"] == "a & b" and content["settings"] == {"steps": 3}
    assert content["results"][0] == SURE.plain() and content["left_out"] == {"fid": "too few pictures"}
    assert content["results"][0]["interval"] == [11.0, 13.5] and content["results"][1]["interval"] is None
    assert (tmp_path / "figures" / "bars.png").read_bytes() == figure().png
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figures", "report.html", "report.json", "report.md"]


def test_the_page_stands_on_its_own(tmp_path) -> None:
    text = write(report(), [figure()], tmp_path).read_text()
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert base64.b64decode(data) == figure().png
    assert not re.search(r'(src|href)="(?!data:)', text)
    assert "a &amp; b" in text and "a &lt;judge&gt;" in text and "<judge>" not in text
    assert "12.35" in text and "11 to 13.5" in text and "abababababab<" in text and "too few pictures" in text


def test_markdown_keeps_its_tables(tmp_path) -> None:
    text = write(report(), [figure()], tmp_path).with_suffix(".md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| pocket FID")]
    assert rows == ["| pocket FID | 12.35 | 11 to 13.5 | lower | 40 | a <judge> \\| resized | abababababab |"]
    assert "(figures/bars.png)" in text and '| settings | {"steps": 3} |' in text


def test_the_table_of_a_terminal() -> None:
    first, second, third = table(report()).splitlines()
    assert first.split() == ["pocket", "FID", "12.35", "(95", "%:", "11", "to", "13.5)", "40", "samples"]
    assert second.split() == ["adherence", "0.5", "2", "samples"] and third == "not measured: too few pictures"
