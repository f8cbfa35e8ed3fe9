import sys

import numpy as np
import pyarrow.parquet
import pytest

from hearsight.data.embedded import Embedded
from hearsight.data.embedding_files import read_embeddings, write_embeddings
from hearsight.errors import ConfigError, DataError, MissingDependency


@pytest.fixture
def embedded() -> Embedded:
    vectors = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    names = ("sounds/a.wav", "ein Hündchen", "b.png")
    return Embedded(names, ("sound", "text", "picture"), vectors, {"sound": "x", "picture": "y", "text": "z"})


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_what_is_written_is_read(tmp_path, embedded, suffix):
    path = write_embeddings(embedded, tmp_path / "new" / f"all{suffix}")
    again = read_embeddings(path)
    assert (again.names, again.kinds, again.networks) == (embedded.names, embedded.kinds, embedded.networks)
    np.testing.assert_array_equal(again.vectors, embedded.vectors)
    assert again.vectors.dtype == np.float32
    assert list(path.parent.iterdir()) == [path]


def test_other_programs_find_plain_columns(tmp_path, embedded):
    with np.load(write_embeddings(embedded, tmp_path / "all.npz"), allow_pickle=False) as file:
        assert file["names"][1] == "ein Hündchen"
        assert file["embeddings"].shape == (3, 5)
    table = pyarrow.parquet.read_table(write_embeddings(embedded, tmp_path / "all.parquet"))
    assert table.column_names == ["name", "kind", "embedding"]
    np.testing.assert_array_equal(table.column("embedding").to_pylist(), embedded.vectors)


def test_another_suffix_is_refused(tmp_path, embedded):
    with pytest.raises(ConfigError, match=r"all\.csv: embeddings are kept as \.npz or \.parquet"):
        write_embeddings(embedded, tmp_path / "all.csv")


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_files_that_hold_none(tmp_path, suffix):
    path = tmp_path / f"all{suffix}"
    with pytest.raises(DataError, match="there is no such file"):
        read_embeddings(path)
    for content in (b"", b"something else", b"PK\x03\x04 broken", b"PAR1 broken PAR1"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="holds no embeddings"):
            read_embeddings(path)


def test_arrays_of_something_else(tmp_path):
    np.savez(tmp_path / "all.npz", weights=np.ones(3))
    with pytest.raises(DataError, match="holds no embeddings"):
        read_embeddings(tmp_path / "all.npz")
    pyarrow.parquet.write_table(pyarrow.table({"name": ["a"]}), tmp_path / "all.parquet")
    with pytest.raises(DataError, match="holds no embeddings"):
        read_embeddings(tmp_path / "all.parquet")


def test_without_pyarrow_the_error_says_how_to_get_it(tmp_path, embedded, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependency, match=r"pip install 'hearsight\[data\]'"):
        write_embeddings(embedded, tmp_path / "all.parquet")
    write_embeddings(embedded, tmp_path / "all.npz")
