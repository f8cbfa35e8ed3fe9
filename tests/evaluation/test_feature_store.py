import hashlib

import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.feature_store import FeatureStore, content_hash

HASHES = [hashlib.sha256(bytes([number])).digest() for number in range(4)]


def test_rows_come_back_in_any_order_and_however_often(tmp_path) -> None:
    features = np.arange(12, dtype=np.float32).reshape(4, 3)
    for part in ((0, 1), (2, 3)):
        with FeatureStore(tmp_path, 3).writing() as write:
            for number in part:
                write(HASHES[number], features[number])
    store = FeatureStore(tmp_path, 3)
    rows = store.rows([HASHES[number] for number in (3, 0, 3, 2)])
    assert rows.shape == (4, 3) and len(rows) == 4
    assert np.array_equal(rows[:], features[[3, 0, 3, 2]])
    assert np.array_equal(rows[1:3], features[[0, 3]])
    assert np.array_equal(rows[np.array([2, 0])], features[[3, 3]])


def test_what_was_interrupted_loses_only_the_row_at_hand(tmp_path) -> None:
    store = FeatureStore(tmp_path, 3)
    with pytest.raises(KeyboardInterrupt), store.writing() as write:
        write(HASHES[0], np.ones(3))
        write(HASHES[1], np.full(3, 2.0))
        raise KeyboardInterrupt
    (rows,) = tmp_path.glob("*.features")
    rows.write_bytes(rows.read_bytes()[:-5])  # killed while it wrote
    store.reload()
    assert HASHES[0] in store and HASHES[1] not in store
    assert store.rows(HASHES[:1])[:].tolist() == [[1, 1, 1]]


def test_an_empty_store_has_nothing(tmp_path) -> None:
    store = FeatureStore(tmp_path / "new", 3)
    assert HASHES[0] not in store and store.rows([]).shape == (0, 3)


def test_a_file_is_known_by_its_content(tmp_path) -> None:
    (tmp_path / "a").write_bytes(b"\x01")
    assert content_hash(tmp_path / "a") == HASHES[1]
    with pytest.raises(DataError, match=r"gone\.png: cannot be read"):
        content_hash(tmp_path / "gone.png")
