import shutil

import pytest
from torch.utils.data import DataLoader

from hearsight.data.prepare import prepare
from hearsight.data.prepare_clip import Preparation
from hearsight.data.shards import Shards
from hearsight.data.vggsound import vggsound_clips
from hearsight.errors import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory, vggsound):
    """Twelve pairs to train on in three shards, four held out in one."""
    out = tmp_path_factory.mktemp("shards") / "out"
    clips = [clip for clip in vggsound_clips(vggsound[1], vggsound[0]) if clip.name[:4] in ("rain", "cloc")]
    prepare(clips, out, Preparation(seconds=2, size=64, crops=4), per_shard=4)
    return out


def _names(stream):
    return [(pair.about["clip"], pair.about["crop"]) for pair in stream]


def test_pairs_come_back_as_they_were_stored(folder):
    shards = Shards(folder)
    assert shards.labels == ("clock tick", "rain")
    assert (shards.count(), shards.count("held_out")) == (12, 4)
    pairs = list(shards.stream("held_out"))
    assert {pair.label for pair in pairs} == {"clock tick"} and len(pairs) == 4
    assert (pairs[0].sound.rate, pairs[0].sound.seconds, pairs[0].sound.name) == (16000, 2.0, "clock2_000005")
    assert (pairs[0].picture.mode, pairs[0].picture.size) == ("RGB", (64, 64))


def test_every_pass_is_shuffled_differently_and_repeatably(folder):
    plain = _names(Shards(folder).stream())
    first, again = (Shards(folder).stream(shuffle=100, seed=3) for _ in range(2))
    passes = [_names(first), _names(first)]
    assert passes == [_names(again), _names(again)]
    assert sorted(passes[0]) == sorted(passes[1]) == sorted(plain) and len(plain) == 12
    assert passes[0] != passes[1] and passes[0] != plain
    assert _names(Shards(folder).stream(shuffle=100, seed=4)) != passes[0]


@pytest.mark.parametrize("split", ["train", "held_out"])  # with one shard, the second worker has nothing to read
def test_a_loaders_workers_share_the_pairs(folder, split):
    loader = DataLoader(Shards(folder).stream(split), batch_size=None, num_workers=2)
    assert sorted(_names(loader)) == sorted(_names(Shards(folder).stream(split)))


def test_what_is_not_there_is_one_line(folder, tmp_path):
    with pytest.raises(DataError, match=r"no manifest\.json here"):
        Shards(tmp_path)
    shutil.copy(folder / "manifest.json", tmp_path)
    with pytest.raises(DataError, match=r"train-000000\.tar: the manifest names this shard"):
        Shards(tmp_path)
    shards = Shards(folder)
    del shards.manifest["splits"]["held_out"]
    with pytest.raises(DataError, match=r"no pair in split 'held_out'; it has train \(12\)"):
        shards.stream("held_out")


def test_a_damaged_pair_is_named(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    shard = copy / "held_out-000000.tar"
    shard.write_bytes(shard.read_bytes().replace(b"\xff\xd8\xff\xe0", b"\x00\x00\x00\x00"))
    with pytest.raises(DataError, match="not a pair of sound and picture"):
        list(Shards(copy).stream("held_out"))
