from dataclasses import replace

import pytest

from hearsight.data.clips import Clip
from hearsight.data.prepare_clip import Preparation
from hearsight.data.prepare_plan import fingerprint, plan_shards


@pytest.fixture
def clips(tmp_path):
    video = tmp_path / "video.mp4"
    video.write_bytes(b"12345")
    train = [Clip(f"clip {number}", "rain", "train", video) for number in range(5)]
    return [*train, Clip("other", "dog", "held_out", video), Clip("absent", "dog", "train", None)]


def test_every_crop_of_every_clip_is_in_one_shard(clips):
    shards = plan_shards(clips, Preparation(crops=2), per_shard=4)
    assert [(shard.name, len(shard.jobs)) for shard in shards] == [
        ("train-000000", 4),
        ("train-000001", 4),
        ("train-000002", 2),
        ("held_out-000000", 2),
    ]
    jobs = [job for shard in shards for job in shard.jobs]
    assert sorted((job.clip.name, job.crop) for job in jobs if job.clip.split == "train") == [
        (f"clip {number}", crop) for number in range(5) for crop in range(2)
    ]
    assert len({(job.clip.split, job.key) for job in jobs}) == 12
    assert {job.name for job in shards[-1].jobs} == {"other", "other (crop 2)"}


def test_the_order_is_the_seeds_and_not_that_of_the_clips(clips):
    plan = plan_shards(clips, Preparation(), 9)
    assert plan == plan_shards(clips[::-1], Preparation(), 9)
    assert any(plan != plan_shards(clips, Preparation(seed=seed), 9) for seed in (1, 2))
    assert [job.key for job in plan_shards(clips, Preparation(), 9)[1].jobs] == ["00000000"]


def test_the_fingerprint_knows_settings_clips_and_videos(clips):
    mark = fingerprint(clips, Preparation(), 4)
    assert mark == fingerprint(clips[::-1], Preparation(), 4)
    others = [
        fingerprint(clips, Preparation(seed=1), 4),
        fingerprint(clips, Preparation(), 5),
        fingerprint(clips[1:], Preparation(), 4),
        fingerprint([replace(clips[0], label="dog"), *clips[1:]], Preparation(), 4),
    ]
    clips[0].path.write_bytes(b"downloaded again")
    assert len({mark, *others, fingerprint(clips, Preparation(), 4)}) == 6
