"""A set of videos becomes shards of pairs, in many processes; an interrupted run goes on where it was.

SHARDS/
  train-000000.tar …      the pairs (see shard_writer)
  held_out-000000.tar …
  dropped.csv             every clip that is in no shard, and why
  manifest.json           settings, what chose the frames, counts, a hash of every shard; written last

While they are made there is also `.unfinished/`, with the clips of shards that are not complete.
"""

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from hearsight import __version__
from hearsight.config import plain
from hearsight.data.clips import Clip
from hearsight.data.judges import Judges, JudgeSources
from hearsight.data.prepare_bench import Bench, read_json, write_json
from hearsight.data.prepare_clip import Dropped, Preparation, prepare_clip
from hearsight.data.prepare_plan import Job, Shard, fingerprint, plan_shards
from hearsight.data.shard_writer import require_webdataset
from hearsight.data.workers import run_each
from hearsight.errors import DataError
from hearsight.files import write_atomically

MANIFEST = "manifest.json"
DROPPED = "dropped.csv"
UNFINISHED = ".unfinished"

Progress = Callable[[int, int], None]


def prepare(
    clips: Sequence[Clip],
    out: Path,
    preparation: Preparation | None = None,
    *,
    per_shard: int = 256,
    workers: int = 2,
    progress: Progress | None = None,
) -> Path:
    """Make the shards of `clips` in the folder `out` and return the path of their manifest.

    The same clips, settings and seed give the same bytes whatever the number of workers. Clips that an interrupted run
    finished are kept, and a finished set is left as it is. `progress(done, all)` is called after every clip.

    Raises:
        DataError: `out` holds something else, shards of other clips or settings included.
        ConfigError, WeightsError: a judge cannot be loaded, or the classifiers share no classes.
        MissingDependency: webdataset is not installed.
    """
    require_webdataset()
    preparation = preparation or Preparation()
    mark = fingerprint(clips, preparation, per_shard)
    bench, manifest = Bench(out / UNFINISHED), out / MANIFEST
    _require_own_folder(out)
    if manifest.exists():
        if read_json(manifest).get("fingerprint") != mark:
            raise DataError(f"{out}: holds shards of other videos or settings; give another folder, or remove it.")
        return manifest
    bench.take_up(mark)
    shards = plan_shards(clips, preparation, per_shard)
    work = _Work(bench, preparation, tuple(sorted({clip.label for clip in clips})))
    _make_shards(shards, out, work, workers, progress)
    records = {shard.name: bench.record(shard) for shard in shards}
    dropped = _dropped(clips, records)
    _write_dropped(out / DROPPED, dropped)
    about = _about(preparation, per_shard, [clip.label for clip in clips], dropped)
    write_json(manifest, {"fingerprint": mark, **about, "splits": _splits(shards, records)}, indent=2)
    bench.clear()
    return manifest


@dataclass(frozen=True)
class _Work:
    """Makes the pair of a job; a class rather than a closure, to travel to other processes."""

    bench: Bench
    preparation: Preparation
    labels: tuple[str, ...]

    def __call__(self, job: Job) -> None:
        judges = _judges(self.preparation.judges, self.labels)
        try:
            sample = prepare_clip(job.clip, job.crop, self.preparation, judges)
        except Dropped as why:
            self.bench.drop(job, str(why))
        else:
            self.bench.keep(job, sample)

    def give_up(self, job: Job) -> None:
        """Note a job that ended its process twice."""
        self.bench.drop(job, "broken: decoding it ended the process that did it; download it again")


@lru_cache(maxsize=1)
def _judges(sources: JudgeSources, labels: tuple[str, ...]) -> Judges:
    """Loaded once in every process, with its first clip."""
    return sources.load(labels)


def _make_shards(shards: Sequence[Shard], out: Path, work: _Work, workers: int, progress: Progress | None) -> None:
    """Do what is still to be done; every shard is written as soon as its last clip is finished."""
    bench = work.bench
    left = {
        shard.name: [job for job in shard.jobs if not bench.is_done(job)]
        for shard in shards
        if not bench.is_complete(shard)
    }
    for shard in shards:
        if left.get(shard.name) == []:  # interrupted just before it was written
            bench.complete(shard, out)
    by_name, counts = {shard.name: shard for shard in shards}, {name: len(jobs) for name, jobs in left.items()}
    done, total = -sum(counts.values()), sum(len(shard.jobs) for shard in shards)
    for job in run_each(work, [job for jobs in left.values() for job in jobs], workers, work.give_up):
        counts[job.shard] -= 1
        if counts[job.shard] == 0:
            bench.complete(by_name[job.shard], out)
        done += 1
        if progress:
            progress(total + done, total)


def _require_own_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise DataError(f"{out}: is a file, and shards go into a folder; give another name.")
    if out.is_dir() and any(out.iterdir()) and not ((out / MANIFEST).exists() or (out / UNFINISHED).is_dir()):
        raise DataError(f"{out}: is not empty, and shards need a folder of their own; give another one.")


def _dropped(clips: Sequence[Clip], records: Mapping[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """Every clip that is in no shard, and why, in the order of names."""
    missing = [(clip.name, "missing: its video is not in the folder") for clip in clips if clip.path is None]
    return sorted([*missing, *((name, why) for record in records.values() for name, why in record["dropped"])])


def _write_dropped(path: Path, dropped: Sequence[tuple[str, str]]) -> None:
    with write_atomically(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("clip", "reason"))
        writer.writerows(dropped)


def _about(
    preparation: Preparation, per_shard: int, labels: Sequence[str], dropped: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    judges = preparation.judges
    eyes = judges.picture_classifier or judges.clip
    return {
        "version": __version__,
        "frames": f"highest score of {judges.clip}" if judges.clip else "middle of the window (no CLIP was given)",
        "filter": f"{eyes} and {judges.sound_classifier} agree" if judges.sound_classifier else "none",
        "settings": {**plain(preparation), "per_shard": per_shard},
        "labels": sorted(set(labels)),
        "dropped": dict(sorted(Counter(why.partition(":")[0] for _, why in dropped).items())),
    }


def _splits(shards: Sequence[Shard], records: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """For every split its pairs, those of each label, and its shards with their hashes."""
    splits: dict[str, Any] = {}
    for shard in shards:
        record = records[shard.name]
        split = splits.setdefault(shard.split, {"pairs": 0, "labels": Counter(), "shards": []})
        split["pairs"] += len(record["labels"])
        split["labels"].update(record["labels"])
        if "sha256" in record:
            about = {"file": f"{shard.name}.tar", "pairs": len(record["labels"]), "sha256": record["sha256"]}
            split["shards"].append(about)
    return {name: {**split, "labels": dict(sorted(split["labels"].items()))} for name, split in splits.items()}
