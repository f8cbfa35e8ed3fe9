from pathlib import Path

import pytest

from hearsight.data.sources import Credit, releasable
from hearsight.errors import DataError


def test_only_tier_a_may_be_released(tmp_path: Path) -> None:
    (tmp_path / "SOURCES.csv").write_text(
        "file,source_repository,licence,attribution,tier\n"
        "sounds/dog/b.ogg,example.org/dogs,CC BY 4.0,Ann,A\n"
        "sounds/dog/a.ogg,example.org/dogs,CC0,Bob,A\n"
        "sounds/dog/c.ogg,example.org/dogs,claimed CC0,Eve,B\n"
    )
    credits = releasable(tmp_path)
    assert list(credits) == ["sounds/dog/a.ogg", "sounds/dog/b.ogg"]
    assert credits["sounds/dog/b.ogg"] == Credit("example.org/dogs", "CC BY 4.0", "Ann")


def test_a_folder_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no SOURCES\.csv"):
        releasable(tmp_path)
