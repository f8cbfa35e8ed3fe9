from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.errors import DataError
from hearsight.evaluation.eyes import judge as judge_eye
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.features import extract
from hearsight.evaluation.processes import Processes


@pytest.fixture
def pictures(tmp_path) -> list[Path]:
    random = np.random.default_rng(0)
    paths = []
    for number in range(6):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(random.integers(0, 256, (9, 11, 3), dtype=np.uint8)).save(paths[-1])
    return paths


@pytest.fixture
def counted(judge_folder) -> tuple[FeatureNetwork, list[Path]]:
    """The judge's eye, and the files that it was shown."""
    eye, shown = judge_eye(judge_folder), []
    read: Callable = eye.read
    object.__setattr__(eye, "read", lambda path: shown.append(path) or read(path))
    return eye, shown


def test_features_are_those_of_the_network_and_nothing_is_looked_at_twice(counted, judge, pictures, tmp_path) -> None:
    eye, shown = counted
    steps: list[tuple[int, int]] = []
    first = extract(eye, pictures[:4], tmp_path / "cache", progress=lambda *step: steps.append(step))
    assert shown == pictures[:4] and steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    with torch.inference_mode():
        expected = torch.cat([judge.features(eye.read(path)[None]).mean(dim=(2, 3)) for path in pictures[:4]])
    assert np.array_equal(first[:], expected.numpy())
    shown.clear()
    (tmp_path / "copy.png").write_bytes(pictures[0].read_bytes())
    again = extract(eye, [tmp_path / "copy.png", *pictures], tmp_path / "cache")
    assert shown == pictures[4:]  # the copy has known content
    assert np.array_equal(again[:5], first[np.array([0, 0, 1, 2, 3])])


def test_what_was_interrupted_goes_on(counted, pictures, tmp_path) -> None:
    eye, shown = counted
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"broken\.png: not a picture"):
        extract(eye, [*pictures[:3], broken, *pictures[3:]], tmp_path / "cache")
    shown.clear()
    extract(eye, pictures, tmp_path / "cache")
    assert shown == pictures[3:]


def test_a_share_is_told_by_content(counted, pictures, tmp_path, monkeypatch) -> None:
    """Each of two processes looks at its share; the one that comes last finds the other's there."""
    eye, shown = counted
    monkeypatch.setattr(Processes, "wait", lambda self: None)
    whole = extract(eye, pictures, tmp_path / "one")[:]
    shown.clear()
    first = Processes(0, 2)
    shares = [path for path in pictures if first.takes(int.from_bytes(_sha(path)[:2], "big"))]
    extract(eye, pictures, tmp_path / "two", processes=first)
    assert shown[: len(shares)] == shares and sorted(shown) == pictures  # nobody did the rest, so it did
    shown.clear()
    assert np.array_equal(extract(eye, pictures, tmp_path / "two", processes=Processes(1, 2))[:], whole)
    assert shown == []


def test_batches_change_no_more_than_the_last_bits(counted, pictures, tmp_path) -> None:
    eye, _ = counted
    one, three = (extract(eye, pictures, tmp_path / str(batch), batch=batch)[:] for batch in (1, 3))
    assert three == pytest.approx(one, rel=1e-5)


def test_networks_do_not_share_a_cache(counted, network, pictures, tmp_path) -> None:
    eye, _ = counted
    extract(eye, pictures[:1], tmp_path / "cache")
    assert [folder.name for folder in (tmp_path / "cache").iterdir()] == [eye.key]
    assert network(3).key != network(4).key


def _sha(path: Path) -> bytes:
    import hashlib

    return hashlib.sha256(path.read_bytes()).digest()
