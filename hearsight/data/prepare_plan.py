"""Which clip goes into which shard: decided before any work, so that workers and interruptions change nothing."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from hearsight.config import plain
from hearsight.data.clips import Clip
from hearsight.data.pairs import Split
from hearsight.data.prepare_clip import Preparation
from hearsight.seeds import derive


@dataclass(frozen=True)
class Job:
    """One pair to make."""

    shard: str
    """The shard it belongs to."""
    key: str
    """What the shard calls it: the clip's place in the order of names, and the crop's number where there are more."""
    clip: Clip
    """What to make it of."""
    crop: int
    """Which random place in the clip."""

    @property
    def name(self) -> str:
        """What the list of dropped clips calls it."""
        return self.clip.name if self.crop == 0 else f"{self.clip.name} (crop {self.crop + 1})"


@dataclass(frozen=True)
class Shard:
    """The pairs that share a file, as many as are not dropped."""

    name: str
    """Of the file, without suffix."""
    split: Split
    """The side its pairs are on."""
    jobs: tuple[Job, ...]
    """In the order they are written."""


def plan_shards(clips: Sequence[Clip], preparation: Preparation, per_shard: int) -> list[Shard]:
    """The shards of the clips whose videos are there, `per_shard` pairs in each.

    Pairs are shuffled by the seed, so that every shard is a fair sample of its split.
    """
    return [shard for split in get_args(Split) for shard in _shards_of(split, clips, preparation, per_shard)]


def fingerprint(clips: Sequence[Clip], preparation: Preparation, per_shard: int) -> str:
    """A hash of everything the shards depend on: settings, clips, and the sizes of their videos."""
    total = hashlib.sha256(json.dumps([plain(preparation), per_shard], sort_keys=True).encode())
    for clip in sorted(clips, key=lambda clip: clip.name):
        about = (clip.name, clip.label, clip.split, clip.start, clip.seconds, _size(clip.path))
        total.update(json.dumps(about).encode())
    return total.hexdigest()


def _shards_of(split: Split, clips: Sequence[Clip], preparation: Preparation, per_shard: int) -> Iterator[Shard]:
    chosen = sorted((clip for clip in clips if clip.split == split and clip.path), key=lambda clip: clip.name)
    pairs = [(number, crop) for number in range(len(chosen)) for crop in range(preparation.crops)]
    order = np.random.default_rng(derive(preparation.seed, "order", split)).permutation(len(pairs))
    for start in range(0, len(pairs), per_shard):
        name, jobs = f"{split}-{start // per_shard:06}", []
        for number, crop in (pairs[at] for at in order[start : start + per_shard]):
            key = f"{number:08}" + (f"_{crop}" if preparation.crops > 1 else "")
            jobs.append(Job(name, key, chosen[number], crop))
        yield Shard(name, split, tuple(jobs))


def _size(path: Path | None) -> int | None:
    return path.stat().st_size if path else None
