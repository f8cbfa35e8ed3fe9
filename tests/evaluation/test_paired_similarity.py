import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.paired_similarity import compare
from hearsight.evaluation.rows import BLOCK


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_both_published_definitions_pair_by_pair() -> None:
    """Two pictures of each of five sounds, with plain loops as the papers describe them."""
    random = np.random.default_rng(0)
    sounds, own = random.normal(size=(5, 3)), np.repeat(np.arange(5), 2)
    pictures = sounds[own] + random.normal(size=(10, 3))
    found = compare(pictures, sounds, own)
    for number, picture in enumerate(pictures):
        mine = cosine(picture, sounds[own[number]])
        others = [cosine(picture, sounds[other]) for other in range(5) if other != own[number]]
        assert found.cosine[number] == pytest.approx(mine)
        assert found.won[number] == np.mean([mine > other for other in others])  # AudioToken: other sounds
        strange = [cosine(pictures[other], sounds[own[number]]) for other in range(10) if own[other] != own[number]]
        assert found.z[number] == pytest.approx((mine - np.mean(strange)) / np.std(strange))  # MACS: other pictures


def test_by_hand() -> None:
    """Picture 0 lies on its sound, picture 1 between both: it wins half."""
    sounds = np.array([[1.0, 0.0], [0.0, 2.0]])
    found = compare(np.array([[3.0, 0.0], [1.0, 1.0]]), sounds, np.array([0, 1]))
    assert found.won.tolist() == [1.0, 0.5]
    assert found.cosine == pytest.approx([1, 0.5**0.5])
    assert found.z.tolist() == [0.0, 0.0]  # a single other picture does not scatter


def test_blocks_change_nothing() -> None:
    random = np.random.default_rng(1)
    sounds, own = random.normal(size=(BLOCK + 9, 2)), np.arange(BLOCK + 9)
    pictures = random.normal(size=(BLOCK + 9, 2))
    found = compare(pictures, sounds, own)
    unit_pictures, unit_sounds = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (pictures, sounds))
    alike = unit_pictures @ unit_sounds.T
    mine = np.diag(alike)
    assert found.won == pytest.approx((alike < mine[:, None]).sum(axis=1) / (BLOCK + 8))
    last = np.delete(alike[:, -1], -1)
    assert found.z[-1] == pytest.approx((mine[-1] - last.mean()) / last.std())


def test_results_are_named_and_sure_of_themselves() -> None:
    random = np.random.default_rng(0)
    sounds = random.normal(size=(40, 8))
    found = compare(sounds + random.normal(size=(40, 8)), sounds, np.arange(40))
    share, mean, z = found.results("AIS", "networks", "hash", sounds=40)
    assert [result.metric for result in (share, mean, z)] == ["AIS (share won)", "AIS (cosine)", "AIS (z)"]
    for result, values in ((share, found.won), (mean, found.cosine), (z, found.z)):
        assert result.value == pytest.approx(values.mean())
        assert result.interval[0] < result.value < result.interval[1] and result.details == {"sounds": 40}


def test_one_sound_cannot_be_compared() -> None:
    with pytest.raises(DataError, match="3 pictures of 1 things"):
        compare(np.ones((3, 2)), np.ones((2, 2)), np.zeros(3, dtype=int))
