"""The pocket set made from a miniature of the pairs: synthetic recordings in the form of the real ones."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from hearsight.data import instruments, pairs, pocket
from hearsight.data.subjects import SUBJECTS
from hearsight.errors import DataError

ROWS = [
    ("sounds/dog/1-1-A.ogg", "A", 44100),
    ("sounds/dog/4-2-A.ogg", "A", 44100),
    ("sounds/digit_7/7_jackson_0.wav", "A", 8000),
    ("sounds/digit_7/7_theo_0.wav", "A", 8000),
    ("sounds/guitar/karoryfer_A3.ogg", "B", 44100),
    ("sounds/mandolin/x.ogg", "A", 44100),
]
NOTHING_MADE = pocket.Sizes(0, 0, 0, 0, 0)


@pytest.fixture
def miniature(tmp_path) -> Path:
    folder = tmp_path / "pairs"
    with_noise = np.random.default_rng(0)
    folder.mkdir()
    with (folder / "SOURCES.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("file", "source_repository", "licence", "attribution", "tier"))
        for name, tier, rate in ROWS:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, with_noise.normal(0, 0.1, rate // 4), rate)
            writer.writerow((name, "here", "CC0", "nobody", tier))
    return folder


def test_recordings_keep_folds_and_speakers_apart_and_tier_b_out(miniature, tmp_path):
    pocket.make(miniature, tmp_path / "out", workers=1, sizes=NOTHING_MADE)
    found = {(item.label, item.split, item.group, item.licence) for item in pairs.read(tmp_path / "out")}
    assert found == {
        ("dog", "train", "fold 1", "CC0"),
        ("dog", "held_out", "fold 4", "CC0"),
        ("digit_7", "train", "jackson", "CC0"),
        ("digit_7", "held_out", "theo", "CC0"),
    }
    for item in pairs.read(tmp_path / "out"):
        info = soundfile.info(tmp_path / "out" / item.path)
        assert (info.samplerate, info.channels) == (22050, 1)
        assert info.duration == pytest.approx(0.25, abs=0.01)


@pytest.mark.skipif(
    not (shutil.which("espeak-ng") and shutil.which("fluidsynth") and instruments.SOUND_FONT.exists()),
    reason="FluidSynth, its font or espeak-ng is missing",
)
def test_any_number_of_workers_makes_the_same_bytes_and_what_is_there_is_kept(miniature, tmp_path):
    sizes, done = pocket.Sizes(1, 1, 1, 0, 0), []
    one = pocket.make(miniature, tmp_path / "one", workers=1, sizes=sizes).parent
    two = pocket.make(miniature, tmp_path / "two", workers=2, sizes=sizes, progress=lambda *d: done.append(d)).parent
    items = pairs.read(one)
    assert done[-1] == (len(items), len(items)) and len(items) == 4 + 20 + 10
    assert (one / "manifest.csv").read_bytes() == (two / "manifest.csv").read_bytes()
    assert all((one / item.path).read_bytes() == (two / item.path).read_bytes() for item in items)

    lost, kept = items[0].path, items[1].path
    before, mark = (one / lost).read_bytes(), (one / kept).stat().st_mtime_ns
    (one / lost).unlink()
    pocket.make(miniature, one, workers=1, sizes=sizes)
    assert (one / lost).read_bytes() == before and (one / kept).stat().st_mtime_ns == mark


def test_a_folder_without_sources_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no SOURCES\.csv"):
        pocket.make(tmp_path, tmp_path / "out", workers=1, sizes=NOTHING_MADE)


def test_there_are_thirty_classes_each_with_something_to_see():
    assert len(set(pocket.CLASSES)) == 30
    assert set(pocket.CLASSES) == set(SUBJECTS)
