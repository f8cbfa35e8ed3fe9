from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.cli import run
from hearsight.data.check import check
from hearsight.data.pairs import Item, write_manifest
from hearsight.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, each with a sound and a picture to train on and a sound held out."""
    items = []
    for label in ("dog", "rain"):
        for split in ("train", "held_out"):
            path = tmp_path / "sounds" / split / label / "a.wav"
            path.parent.mkdir(parents=True)
            soundfile.write(path, np.sin(np.arange(800) / 5) / 2, 8000)
            items.append(Item(path.relative_to(tmp_path).as_posix(), "sound", label, split, f"{split} fold"))
        picture = tmp_path / "pictures" / "train" / label / "a.png"
        picture.parent.mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(picture)
        items.append(Item(picture.relative_to(tmp_path).as_posix(), "picture", label))
    write_manifest(tmp_path, items)
    return tmp_path


def test_a_good_folder_has_counts_and_no_problems(folder, capsys):
    report = check(folder)
    assert report.counts["dog"] == {"train sound": 1, "held_out sound": 1, "train picture": 1}
    assert report.problems == ()
    assert run(["data", "check", str(folder)]) == 0
    assert "Nothing is wrong." in capsys.readouterr().out


def test_every_kind_of_problem_is_one_line(folder, capsys):
    soundfile.write(folder / "sounds/train/dog/a.wav", np.zeros(800), 8000)
    (folder / "pictures/train/rain/a.png").write_bytes(b"no picture")
    manifest = folder / "manifest.csv"
    text = manifest.read_text().replace("train fold", "fold").replace("held_out fold", "fold")
    manifest.write_text("\n".join(line for line in text.splitlines() if "pictures/train/dog" not in line))
    problems = "\n".join(check(folder).problems)
    for expected in (
        "silen",
        "a.png: is not a picture",
        "'fold' is both trained on and held out",
        "dog: has no picture",
    ):
        assert expected in problems
    assert len(check(folder).problems) == 5  # the leak is in both classes
    assert run(["data", "check", str(folder)]) == 2
    capsys.readouterr()


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no item"):
        check(tmp_path)
