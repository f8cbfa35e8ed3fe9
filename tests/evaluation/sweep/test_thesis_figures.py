"""The figures: what each needs, and that it shows something."""

import io

import numpy as np
import pytest
from PIL import Image

from hearsight.evaluation.document import Figure, Heading, Paragraph
from hearsight.evaluation.sweep.thesis_figures import figures

CLASSES = {"blue": 0.2, "red": 0.9, "green": 0.6}


def drawn(blocks) -> dict[str, Figure]:
    return {block.name: block for block in blocks if isinstance(block, Figure)}


def pixels(figure: Figure) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(figure.png)).convert("RGB"))


def test_without_runs_every_figure_says_why():
    blocks = figures([])
    assert [block.text for block in blocks if isinstance(block, Heading)] == [f"Figure 5.{n}" for n in range(1, 9)]
    told = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert len(told) == 8 and all(text.startswith("Not drawn: ") for text in told)


@pytest.fixture
def studied(outcome, data, judge_folder, tmp_path):
    """Runs of all studies; the pictures at guidance 11 are between two colours, but one."""
    where = {"data": str(data), "judge": "${judge}"}
    queried = [
        outcome(
            {"alignment": "text", "epochs": str(epoch)},
            {"querying accuracy (text)": 0.5 + epoch / 20},
            metrics=("querying",),
        )
        for epoch in range(3)
    ]
    experiments = [
        outcome(
            {"alignment": alignment, "seconds": seconds, "epochs": epoch},
            {"own adherence": share, "FID": 100 - 50 * share},
            classes={**CLASSES, "red": share},
        )
        for alignment, seconds, epoch, share in (
            ("text", "1", "10", 0.5),
            ("text", "1", "20", 0.7),
            ("frozen", "1", "10", 0.4),
            ("text", "4", "10", 0.8),
        )
    ]
    for one in experiments:
        one.settings["measure"].update(where)
    folder = tmp_path / "runs" / "guidance-11"
    for number, colour in enumerate(((250, 0, 0), (180, 180, 0), (0, 170, 180))):
        path = folder / "pictures" / "red" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), colour).save(path)
    scales = [
        outcome(
            {"guidance": scale},
            {"own adherence": 0.6, "own KID": 0.1},
            classes=CLASSES,
            folder=folder.with_name(f"guidance-{scale}"),
            about={"judge": str(judge_folder)},
        )
        for scale in ("none", "1", "11")
    ]
    return [*queried, *experiments, *scales]


def test_every_figure_is_drawn(studied):
    found = drawn(figures(studied))
    assert sorted(found) == [f"figure_5_{number}" for number in range(1, 9)]
    assert all(pixels(figure).std() > 5 for figure in found.values())
    assert "alignment-text_seconds-4_epochs-10" in found["figure_5_3"].caption
    assert "KID" not in found["figure_5_5"].caption and "best epoch" in found["figure_5_5"].caption


def test_the_worst_classes_are_shown_as_they_are(studied, data):
    shown = pixels(drawn(figures(studied))["figure_5_4"])
    blue = np.asarray(Image.open(sorted((data / "pictures/held_out/blue").glob("*.png"))[0]))
    assert shown.shape[1] < 160  # blue alone is poor
    assert abs(shown[40:100, 40:100].mean(axis=(0, 1)) - blue.mean(axis=(0, 1))).max() < 12


def test_mixed_pictures_come_first(studied):
    shown = pixels(drawn(figures(studied))["figure_5_7"])
    assert shown[70, 70].tolist() == [180, 180, 0] or shown[70, 70].tolist() == [0, 170, 180]
    assert shown[70, 8 + 2 * 136 + 64].tolist() == [250, 0, 0]


def test_figures_of_lengths_alone(outcome):
    runs = [
        outcome(
            {"seconds": seconds},
            {"pocket adherence": 0.8, "pocket KID": 0.1, "pocket querying accuracy (text)": 0.9},
            metrics=("adherence", "kid", "querying"),
            classes=CLASSES,
        )
        for seconds in ("0.5", "1")
    ]
    found = drawn(figures(runs))
    assert sorted(found) == ["figure_5_1", "figure_5_2", "figure_5_3", "figure_5_5"]
    assert "KID" in found["figure_5_5"].caption
