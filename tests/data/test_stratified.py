from pathlib import Path

import numpy as np
import pytest

from hearsight.data.stratified import ClassFiles, grouped, stratified
from hearsight.errors import DataError


def test_a_batch_smaller_than_the_classes_holds_none_twice_and_each_comes_up_equally_often() -> None:
    random = np.random.default_rng(0)
    drawn = [stratified(13, 10, random) for _ in range(1300)]
    assert all(len(set(batch.tolist())) == 10 for batch in drawn)
    assert np.bincount(np.concatenate(drawn)) == pytest.approx(1000, abs=70)


def test_counts_differ_by_one_at_most() -> None:
    counts = np.bincount(stratified(4, 11, np.random.default_rng(0)))
    assert sorted(counts) == [2, 3, 3, 3]
    assert np.bincount(stratified(4, 12, np.random.default_rng(0))).tolist() == [3, 3, 3, 3]


def test_grouped_places() -> None:
    assert [places.tolist() for places in grouped([2, 0, 2, 3], 5)] == [[1], [], [0, 2], [3], []]


def test_files_of_a_class_are_equally_likely(tmp_path: Path) -> None:
    for name in ("cat/a.wav", "cat/b.wav", "cat/c.wav", "dog/d.wav"):
        (tmp_path / "sounds" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sounds" / name).touch()  # never opened
    files, random = ClassFiles.find(tmp_path, "sound", "train"), np.random.default_rng(0)
    assert files.labels == ("cat", "dog")
    drawn = [files.draw(0, random).name for _ in range(600)]
    assert [drawn.count(name) for name in ("a.wav", "b.wav", "c.wav")] == pytest.approx([200] * 3, abs=45)
    assert files.draw(1, random) == tmp_path / "sounds" / "dog" / "d.wav"


def test_no_files_of_the_kind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no train picture"):
        ClassFiles.find(tmp_path, "picture", "train")
