import tarfile

import pytest

from hearsight.data.clips import Clip
from hearsight.data.prepare_bench import Bench
from hearsight.data.prepare_clip import Sample
from hearsight.data.prepare_plan import Job, Shard
from hearsight.errors import DataError

CLIP = Clip("name", "rain", "train", None)
JOBS = tuple(Job("train-000000", key, CLIP, crop) for crop, key in enumerate(("b", "a", "c")))
SHARD = Shard("train-000000", "train", JOBS)


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path / ".unfinished")
    bench.take_up("mark")
    return bench


def test_a_shard_holds_what_was_kept_in_the_plans_order(bench, tmp_path):
    for job in reversed(JOBS[:2]):
        bench.keep(job, Sample(b"sound", b"picture", {"label": "rain", "crop": job.crop}))
    assert [bench.is_done(job) for job in JOBS] == [True, True, False] and not bench.is_complete(SHARD)
    bench.drop(JOBS[2], "still: why")
    bench.complete(SHARD, tmp_path)
    assert bench.is_complete(SHARD) and not bench.is_done(JOBS[0])
    record = bench.record(SHARD)
    assert (record["labels"], record["dropped"]) == (["rain", "rain"], [["name (crop 3)", "still: why"]])
    with tarfile.open(tmp_path / "train-000000.tar") as tar:
        assert tar.getnames() == [f"{key}.{suffix}" for key in "ba" for suffix in ("flac", "jpg", "json")]
        assert tar.extractfile("a.flac").read() == b"sound"


def test_a_shard_of_which_all_was_dropped_is_no_file(bench, tmp_path):
    for job in JOBS:
        bench.drop(job, "broken: why")
    bench.complete(SHARD, tmp_path)
    assert bench.is_complete(SHARD) and not list(tmp_path.glob("*.tar")) and "sha256" not in bench.record(SHARD)


def test_work_goes_on_only_where_it_is_the_same(bench):
    bench.take_up("corrected mark")  # nothing was finished yet
    bench.drop(JOBS[0], "still: why")
    bench.take_up("corrected mark")
    with pytest.raises(DataError, match="was begun with other videos or settings"):
        Bench(bench.folder).take_up("another mark")
    (bench.folder / "plan.json").write_text("{")
    with pytest.raises(DataError, match=r"plan\.json: cannot be read"):
        Bench(bench.folder).take_up("mark")
