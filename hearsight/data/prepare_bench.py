"""Work in progress on the disk: finished clips whose shard is not complete yet, and what became of complete shards."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.data.prepare_clip import Sample
from hearsight.data.prepare_plan import Job, Shard
from hearsight.data.shard_writer import write_shard
from hearsight.errors import DataError
from hearsight.files import write_atomically

PLAN = "plan.json"
MEMBERS = {".flac": "sound", ".jpg": "picture"}
"""The files of a pair beside its `.json`, and the fields of a sample that they hold."""


@dataclass(frozen=True)
class Bench:
    """A folder in which shards are put together."""

    folder: Path
    """It is gone when all is done."""

    def take_up(self, mark: str) -> None:
        """Begin the work called `mark`, or go on with it. Raises DataError where other work has finished clips."""
        plan = self.folder / PLAN
        if not plan.is_file() or not any(path != plan for path in self.folder.iterdir()):
            write_json(plan, {"fingerprint": mark})
        elif read_json(plan).get("fingerprint") != mark:
            raise DataError(
                f"{self.folder.parent}: was begun with other videos or settings; give another folder, or remove it."
            )

    def clear(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder)

    def is_done(self, job: Job) -> bool:
        """Whether the pair was made or dropped."""
        return self._file(job, ".json").exists()

    def keep(self, job: Job, sample: Sample) -> None:
        """Note a finished pair."""
        for suffix, name in MEMBERS.items():
            with write_atomically(self._file(job, suffix)) as partial:
                partial.write_bytes(getattr(sample, name))
        write_json(self._file(job, ".json"), {"about": sample.about})  # last: it says that the others are there

    def drop(self, job: Job, reason: str) -> None:
        """Note why there is no pair."""
        write_json(self._file(job, ".json"), {"dropped": reason})

    def is_complete(self, shard: Shard) -> bool:
        """Whether `complete` was done with it."""
        return self._record(shard).exists()

    def complete(self, shard: Shard, out: Path) -> None:
        """Write a shard whose jobs are all done, unless all its clips were dropped; then forget the clips."""
        noted = [(job, read_json(self._file(job, ".json"))) for job in shard.jobs]
        kept = [(job, note["about"]) for job, note in noted if "about" in note]
        record: dict[str, Any] = {
            "labels": [about["label"] for _, about in kept],
            "dropped": [[job.name, note["dropped"]] for job, note in noted if "dropped" in note],
        }
        if kept:
            path = out / f"{shard.name}.tar"
            record["sha256"] = write_shard(path, ((job.key, self._members(job, about)) for job, about in kept))
        write_json(self._record(shard), record)
        shutil.rmtree(self.folder / shard.name, ignore_errors=True)

    def record(self, shard: Shard) -> dict[str, Any]:
        """Of a complete shard: `labels` of its pairs, `dropped` clips with reasons, and the file's `sha256`, if any."""
        return read_json(self._record(shard))

    def _members(self, job: Job, about: dict[str, Any]) -> dict[str, bytes]:
        files = {suffix.removeprefix("."): self._file(job, suffix).read_bytes() for suffix in MEMBERS}
        return {**files, "json": json.dumps(about, ensure_ascii=False).encode()}

    def _file(self, job: Job, suffix: str) -> Path:
        return self.folder / job.shard / f"{job.key}{suffix}"

    def _record(self, shard: Shard) -> Path:
        return self.folder / f"{shard.name}.json"


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises DataError for anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise DataError(f"{path}: cannot be read; remove {path.parent} and prepare the videos again.") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: holds no settings; remove {path.parent} and prepare the videos again.")
    return content


def write_json(path: Path, content: dict[str, Any], indent: int | None = None) -> None:
    """Write an object as JSON; nobody ever sees half of it."""
    with write_atomically(path) as partial:
        partial.write_text(json.dumps(content, indent=indent, ensure_ascii=False) + "\n", encoding="utf-8")
