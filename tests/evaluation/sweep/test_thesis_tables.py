"""The tables, filled with the thesis's own numbers."""

import pytest

from hearsight.evaluation.document import Heading, Paragraph, Table, markdown
from hearsight.evaluation.sweep.thesis_tables import correlation, percent, tables

ACCURACY = {"none": 0.679, "1": 0.5562, "3": 0.6866, "5": 0.6678, "7": 0.6593, "9": 0.6522, "11": 0.6281}
FID = {"none": 81.72, "1": 79.00, "3": 78.69, "5": 81.30, "7": 85.11, "9": 89.65, "11": 95.76}


@pytest.fixture
def guided(outcome):
    return [
        outcome(
            {"guidance": scale}, {"own adherence": ACCURACY[scale], "FID": FID[scale]}, classes={"a": 0.5, "b": 0.9}
        )
        for scale in ACCURACY
        if scale != "9"
    ]


def table(blocks, number: str) -> Table:
    """The table below the heading of its number."""
    at = next(at for at, block in enumerate(blocks) if isinstance(block, Heading) and number in block.text)
    found = blocks[at + 1]
    assert isinstance(found, Table)
    return found


def test_guidance(guided):
    blocks = tables(guided)
    assert table(blocks, "5.6").head == ["guidance", "none", "1", "3", "5", "7", "9", "11"]
    assert table(blocks, "5.6").rows[0] == ["FID", "81.72", "79.00", "78.69", "81.30", "85.11", "not run", "95.76"]
    shares, sure = table(blocks, "5.7").rows
    assert shares == ["adherence", "67.9%", "55.6%", "68.7%", "66.8%", "65.9%", "not run", "62.8%"]
    assert sure[1] == "65.9% to 69.9%" and sure[6] == ""
    first, second, spread = table(blocks, "5.8").rows
    assert first == ["a", *["50.0%"] * 5, "not run", "50.0%"] and second[0] == "b"
    assert spread == ["interquartile range", *["20.0%"] * 5, "", "20.0%"]


def test_correlation_is_the_one_the_thesis_prints(outcome):
    # The means of table 5.8's classes; adherence is such a mean.
    means = {"none": 0.65768, "1": 0.50712, "3": 0.62211, "5": 0.59899, "7": 0.59545, "9": 0.5861, "11": 0.56489}
    runs = [outcome({"guidance": scale}, {"adherence": share}) for scale, share in means.items()]
    found = correlation(runs)
    assert found is not None
    assert (round(found[0], 3), round(found[1], 3), found[2]) == (-0.969, 0.006, 5)
    assert correlation(runs[:3]) is None
    assert correlation([outcome({"guidance": scale}, {"adherence": 0.5}) for scale in ("3", "5", "7")]) is None


def test_by_epoch_with_what_is_missing(outcome):
    runs = [
        outcome({"alignment": "text", "seconds": "4", "epochs": "70"}, {"own adherence": 0.6866, "FID": 78.69}),
        outcome({"alignment": "mutual", "seconds": "3", "epochs": "20"}, {"FID": 75.32}),
        outcome({"alignment": "mutual", "seconds": "3", "epochs": "30"}, {}, state="failed"),
    ]
    blocks = tables(runs)
    shares = table(blocks, "5.2")
    assert shares.head == ["alignment", "seconds", *(f"epoch {epoch}" for epoch in range(10, 101, 10))]
    assert len(shares.rows) == 15
    by_row = {tuple(row[:2]): row[2:] for row in shares.rows}
    assert by_row["text", "4"][6] == "68.7%" and by_row["text", "4"][0] == "not run"
    assert by_row["mutual", "3"][1:3] == ["not measured", "failed"]
    assert {tuple(row[:2]): row[2:] for row in table(blocks, "5.5").rows}["mutual", "3"][1] == "75.32"
    assert table(blocks, "5.3").rows[-1][:2] == ["alignment-mutual_seconds-3_epochs-20", "75.32"]


def test_an_ear_is_asked_in_its_own_modality(outcome):
    accuracies = {"querying accuracy (text)": 0.53, "querying accuracy (pictures)": 0.1}
    runs = [
        outcome({"alignment": alignment, "seconds": "1", "epochs": "0"}, accuracies, metrics=("querying",))
        for alignment in ("text", "frozen")
    ]
    found = table(tables(runs), "5.1")
    assert found.head[2:] == [f"epoch {epoch}" for epoch in range(6)]
    rows = {tuple(row[:2]): row[2] for row in found.rows}
    assert (rows["text", "1"], rows["frozen", "1"], rows["mutual", "1"]) == ("53.0%", "10.0%", "not run")


def test_lengths_alone_make_a_column(outcome):
    runs = [outcome({"seconds": "0.5"}, {"pocket adherence": 0.9, "pocket KID": 0.0123})]
    blocks = tables(runs)
    assert table(blocks, "5.2").head == ["seconds", "adherence", "95 %"]
    assert table(blocks, "5.2").rows[:2] == [["0.5", "90.0%", "88.0% to 92.0%"], ["1", "not run", ""]]
    assert table(blocks, "5.5").rows[0][:2] == ["0.5", "0.0123"]
    assert table(blocks, "5.3").rows[-1][1] == "not measured"


def test_another_fid_is_not_put_beside_the_published_ones(outcome):
    rows = table(tables([outcome({"seconds": "4"}, {"pocket FID": 5.0})]), "5.3").rows
    assert rows[-1][1] == "pocket FID is another measure"


def test_projection(outcome):
    runs = [
        outcome({"projection": "pca"}, {"FID": 148.19, "adherence": 0.5385}),
        outcome({"projection": "learned"}, {"FID": 78.69, "adherence": 0.6866}),
    ]
    found = table(tables(runs), "5.9")
    assert found.head == ["projection", "learned", "pca"]
    assert [row for row in found.rows if row[0] != "95 %"] == [
        ["FID", "78.69", "148.19"],
        ["adherence", "68.7%", "53.8%"],
    ]


def test_without_runs_every_table_says_so():
    blocks = tables([])
    assert sum(isinstance(block, Heading) for block in blocks) == 9
    assert sum(isinstance(block, Paragraph) for block in blocks) == 8  # the published numbers stand alone
    assert "| the best run | not measured | here |" in markdown("x", blocks)


def test_percent():
    assert percent({"value": 0.6866}) == "68.7%"
