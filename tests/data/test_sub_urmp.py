"""Sub-URMP's folder: its performances, and the sound of a whole one."""

import numpy as np
import pytest

from hearsight.data.sub_urmp import performances, track
from hearsight.errors import DataError


def test_performances_of_both_splits(urmp):
    found = performances(urmp)
    assert [(one.name, one.instrument, one.held_out) for one in found] == [
        ("double_bass01", "double_bass", False),
        ("violin01", "violin", False),
        ("double_bass01", "double_bass", True),
        ("violin01", "violin", True),
    ]
    chunks = found[1].chunks
    assert [chunk.time for chunk in chunks] == list(range(500, 2500, 100))
    assert (chunks[3].sound.name, chunks[3].picture.name) == ("violin01_800.wav", "violin01_800.jpg")


def test_chunks_laid_end_to_end_are_the_performance(urmp, urmp_tracks):
    whole, rate = track(performances(urmp)[1])
    assert rate == 1000 and np.array_equal(whole, urmp_tracks["train"])


def test_a_missing_chunk_parts_a_add_performance(tmp_path, urmp_tracks, add_performance):
    add_performance(tmp_path, "train", "tuba", urmp_tracks["train"], skip=9)
    assert [(one.name, len(one.chunks)) for one in performances(tmp_path)] == [("tuba01", 9), ("tuba01+2", 10)]


def test_files_that_are_only_numbered_are_one_performance(urmp):
    for kind, suffix in (("chunk", "wav"), ("img", "jpg")):
        for number, path in enumerate(
            sorted((urmp / kind / "train" / "violin").iterdir(), key=lambda one: len(one.name))
        ):
            path.rename(path.with_name(f"{number + 1}.{suffix}"))
    violin = performances(urmp)[1]
    assert violin.name == "violin" and [chunk.time for chunk in violin.chunks][:2] == [100, 200]


def test_errors(urmp, tmp_path):
    with pytest.raises(DataError, match="holds no Sub-URMP"):
        performances(tmp_path / "nowhere")
    (urmp / "img/train/violin/violin01_700.jpg").unlink()
    with pytest.raises(DataError, match="has no frame"):
        performances(urmp)
