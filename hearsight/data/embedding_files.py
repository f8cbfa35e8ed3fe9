"""Embeddings as a file for other programs: .npz for numpy, .parquet for tables.

Both have a row for every thing: its name (path or text), its kind (sound, picture or text) and its embedding.
"""

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from hearsight.data.embedded import Embedded
from hearsight.errors import ConfigError, DataError, MissingDependency
from hearsight.files import write_atomically

SUFFIXES = (".npz", ".parquet")
NETWORKS = "hearsight.networks"
"""Where a table keeps what tells its networks apart."""


def check_suffix(path: Path) -> Path:
    """`path`; raises ConfigError for a file that is neither .npz nor .parquet, MissingDependency without pyarrow."""
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"{path}: embeddings are kept as .npz or .parquet; give a name that ends so.")
    if path.suffix == ".parquet":
        _pyarrow()
    return path


def write_embeddings(embedded: Embedded, path: Path) -> Path:
    """Write a file and return its path. Raises what `check_suffix` does."""
    write = _write_npz if check_suffix(path).suffix == ".npz" else _write_parquet
    with write_atomically(path) as partial:
        write(embedded, partial)
    return path


def read_embeddings(path: Path) -> Embedded:
    """What `write_embeddings` wrote. Raises DataError for any other file, and what `check_suffix` does."""
    read = _read_npz if check_suffix(path).suffix == ".npz" else _read_parquet
    try:
        return read(path)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file; make it with hearsight embed.") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:  # pyarrow's are among these
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: holds no embeddings ({reason}); make it with hearsight embed.") from None


def _write_npz(embedded: Embedded, path: Path) -> None:
    np.savez(
        path,
        names=np.array(embedded.names),
        kinds=np.array(embedded.kinds),
        embeddings=embedded.vectors,
        networks=np.array(json.dumps(dict(embedded.networks))),
    )


def _read_npz(path: Path) -> Embedded:
    with np.load(path, allow_pickle=False) as file:
        names, kinds = file["names"].tolist(), file["kinds"].tolist()
        return Embedded(tuple(names), tuple(kinds), file["embeddings"], json.loads(str(file["networks"])))


def _write_parquet(embedded: Embedded, path: Path) -> None:
    arrow = _pyarrow()
    import pyarrow.parquet

    width = embedded.vectors.shape[1]
    columns = {
        "name": arrow.array(embedded.names),
        "kind": arrow.array(embedded.kinds),
        "embedding": arrow.FixedSizeListArray.from_arrays(arrow.array(embedded.vectors.ravel()), width),
    }
    table = arrow.table(columns).replace_schema_metadata({NETWORKS: json.dumps(dict(embedded.networks))})
    pyarrow.parquet.write_table(table, path)


def _read_parquet(path: Path) -> Embedded:
    _pyarrow()
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    column = table.column("embedding").combine_chunks()
    vectors = column.flatten().to_numpy(zero_copy_only=False).reshape(len(table), -1)
    names, kinds = table.column("name").to_pylist(), table.column("kind").to_pylist()
    metadata = table.schema.metadata or {}
    return Embedded(tuple(names), tuple(kinds), vectors, json.loads(metadata[NETWORKS.encode()]))


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise MissingDependency("parquet needs pyarrow: pip install 'hearsight[data]' (or write .npz)") from None
    return pyarrow
