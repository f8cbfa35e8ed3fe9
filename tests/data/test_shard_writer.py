import hashlib
import sys
import tarfile

import pytest

from hearsight.data.shard_writer import write_shard
from hearsight.errors import MissingDependency

SAMPLES = [("1", {"jpg": b"picture", "flac": b"sound"}), ("0", {"jpg": b"p", "flac": b"s"})]


def test_the_same_samples_are_the_same_bytes(tmp_path):
    marks = [write_shard(tmp_path / name, SAMPLES) for name in ("a.tar", "b.tar")]
    content = (tmp_path / "a.tar").read_bytes()
    assert marks == [hashlib.sha256(content).hexdigest()] * 2
    assert content == (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as tar:
        assert tar.getnames() == ["1.flac", "1.jpg", "0.flac", "0.jpg"]


def test_half_a_shard_is_never_seen(tmp_path):
    def breaking():
        yield SAMPLES[0]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_shard(tmp_path / "a.tar", breaking())
    assert not list(tmp_path.iterdir())


def test_without_webdataset_the_cure_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "webdataset", None)
    with pytest.raises(MissingDependency, match=r"pip install 'hearsight\[data\]'"):
        write_shard(tmp_path / "a.tar", SAMPLES)
