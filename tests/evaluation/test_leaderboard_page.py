import json

import pytest
from PIL import Image

from hearsight.errors import DataError
from hearsight.evaluation.contestants import Contestant
from hearsight.evaluation.document import markdown_table
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.leaderboard import REAL, Leaderboard, Standing
from hearsight.evaluation.leaderboard_page import BEGIN, END, insert, other_rows, require_markers, table, write
from hearsight.evaluation.result import Result
from hearsight.evaluation.timing import Timing
from hearsight.hub.card import Card


def result(metric: str, value: float, interval=None) -> Result:
    return Result(metric, value, "higher", 4, "a judge", "0" * 64, interval)


@pytest.fixture
def board(data, tmp_path) -> Leaderboard:
    heard = sounds(data)
    files = [[tmp_path / f"{number}.png"] for number in range(len(heard))]
    for number, (path,) in enumerate(files):
        Image.new("RGB", (8, 8), (0, 255, 10 * number)).save(path)
    adherence = result("pocket adherence", 0.9667, (0.9, 1.0))
    drawn = Standing(
        "diffusion",
        [adherence, result("pocket KID", 0.01234), result("querying accuracy (text)", 0.5)],
        {"fid": "too few pictures"},
        files,
        Timing(0.5, 5, "a CPU"),
        16.21,
        "ab" * 32,
    )
    real = Standing(REAL, [result("pocket adherence", 1.0)], pictures=files)
    failed = Standing("damaged", reason="not a safetensors file")
    other = Standing("s2igan", timing=Timing(0.02, 5, "a CPU"), megabytes=4.0)
    about = {"data": str(data), "seed": 0}
    return Leaderboard(heard, [real, drawn, failed], [other], about)


def test_the_table_has_a_column_for_whatever_was_measured_of_any(board) -> None:
    lines = markdown_table(table(board)).splitlines()
    assert lines[0] == "|  | pocket adherence | pocket KID | querying accuracy (text) | a picture takes | MB |"
    assert lines[2] == "| real pictures | 100.0 % | - | - | - | - |"
    assert lines[3] == "| diffusion | 96.7 % (90.0 to 100.0) | 0.0123 | 50.0 % | 0.50 s | 16.2 |"
    assert len(lines) == 4


def test_the_files_say_what_compares_and_what_does_not(board, tmp_path) -> None:
    rows = [["s2igan", "birds' FID", "30", "", "a reader"]]
    page = write(board, tmp_path / "out", ["stylewav", "unheard-of"], rows).read_text()
    text = (tmp_path / "out" / "leaderboard.md").read_text()
    absent = ("stylewav: was not asked for", "unheard-of: no weights of it")
    for told in ("damaged: not a safetensors file", *absent, "fid: too few", "Another task"):
        assert told in page and told in text
    assert "| s2igan | 20 ms | 4.0 |" in text and "| s2igan | birds' FID | 30 |  | a reader |" in text
    assert text.index("| diffusion |") < text.index("Another task") < text.index("| s2igan |")
    content = json.loads((tmp_path / "out" / "leaderboard.json").read_text())
    assert content["absent"] == ["stylewav", "unheard-of"] and content["standings"][1]["timing"]["seconds"] == 0.5
    with Image.open(tmp_path / "out" / "figures" / "drawn.png") as sheet:
        assert {(0, 255, 0), (0, 255, 20)} <= {colour for _, colour in sheet.convert("RGB").getcolors(1 << 20)}
    assert (tmp_path / "out" / "figures" / "adherence.png").is_file()


def test_the_table_goes_between_the_markers_of_a_readme(board, tmp_path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{BEGIN}\nan older table\n{END}\n\nafter\n")
    insert(readme, board)
    text = readme.read_text()
    told = "Measured by `hearsight bench pocket` on 4 held-out sounds of 2 classes, with 95 % intervals."
    assert text == f"before\n\n{BEGIN}\n{markdown_table(table(board))}\n\n{told}\n{END}\n\nafter\n"
    insert(readme, board)
    assert readme.read_text() == text
    insert(readme, board, [["s2igan", "mAP", "0.5", "", "its card"]])
    assert "| s2igan | mAP | 0.5 |  | its card |\n" in readme.read_text()
    insert(readme, board)
    assert readme.read_text() == text
    for content in ("nothing", f"{BEGIN} only", f"{END} then {BEGIN}"):
        readme.write_text(content)
        with pytest.raises(DataError, match="no place for the table"):
            require_markers(readme)
    with pytest.raises(DataError, match=r"gone\.md: cannot be read"):
        require_markers(tmp_path / "gone.md")


def test_another_task_is_told_by_what_was_measured_else_by_the_card(tmp_path) -> None:
    Card("s2igan", "S2IGAN", "Draws birds.", metrics={"FID": 31.5}).write(tmp_path / "README.md")
    system = Contestant("s2igan", "s2igan", "s2igan", tmp_path)
    assert other_rows([system], {}) == [["s2igan", "FID", "31.5", "", "its card"]]
    measured = {
        "s2igan": [result("birds' FID", 30.0, (29.0, 31.0)).plain()],
        "runs/stackgan": [result("mAP", 0.1).plain()],
    }
    assert other_rows([system], measured) == [
        ["s2igan", "birds' FID", "30", "29 to 31", "a judge"],
        ["stackgan", "mAP", "0.1", "", "a judge"],
    ]
