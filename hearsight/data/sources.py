"""Who made the files of a pairs folder, and under which licence: its SOURCES.csv."""

import csv
from pathlib import Path
from typing import NamedTuple

from hearsight.errors import DataError


class Credit(NamedTuple):
    """Whom a file is owed to."""

    source: str
    """Where it comes from."""
    licence: str
    """Its licence."""
    attribution: str
    """Whom to name."""


def releasable(pairs: Path) -> dict[str, Credit]:
    """The files of tier A (the only ones from which weights may be released) by their path below `pairs`, sorted.

    Raises DataError if there is no SOURCES.csv.
    """
    sources = pairs / "SOURCES.csv"
    if not sources.is_file():
        raise DataError(f"{pairs}: there is no SOURCES.csv here; --pairs must name the folder that holds it.")
    with sources.open(newline="", encoding="utf-8") as file:
        rows = sorted((row for row in csv.DictReader(file) if row["tier"] == "A"), key=lambda row: row["file"])
    return {row["file"]: Credit(row["source_repository"], row["licence"], row["attribution"]) for row in rows}
