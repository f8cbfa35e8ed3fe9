import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.frechet_distance import frechet_distance, frechet_inception_distance


def test_normal_distributions_of_known_distance() -> None:
    """Exact sample moments: diagonal spreads s, t and a shift d are |d|^2 + sum (s - t)^2 apart."""
    corners = np.array([[x, y] for x in (-1.0, 1.0) for y in (-1.0, 1.0)]) * np.sqrt(3 / 4)  # variance 1
    a, b = corners * [2.0, 1.0], corners * [0.5, 3.0] + [1.0, -2.0]
    assert frechet_distance(a, b) == pytest.approx(1 + 4 + 1.5**2 + 2**2)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))
    assert frechet_distance(a[:, :1], b[:, :1]) == pytest.approx(1 + 1.5**2)


def test_matches_the_general_matrix_root() -> None:
    from scipy.linalg import sqrtm

    random = np.random.default_rng(0)
    a, b = random.normal(size=(50, 8)), random.normal(size=(40, 8)) @ random.normal(size=(8, 8))
    one, two = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    shift = np.square(a.mean(axis=0) - b.mean(axis=0)).sum()
    expected = shift + np.trace(one + two - 2 * np.real(sqrtm(one @ two)))
    assert frechet_distance(a, b) == pytest.approx(expected)


def test_sets_that_have_no_distance() -> None:
    with pytest.raises(DataError, match=r"\[1, 3\] and \[5, 3\]"):
        frechet_distance(np.ones((1, 3)), np.ones((5, 3)))
    with pytest.raises(DataError, match="equally many features"):
        frechet_distance(np.ones((5, 2)), np.ones((5, 3)))


def test_a_result_says_what_it_was_measured_with_and_how_sure_it_is(network) -> None:
    random = np.random.default_rng(0)
    real, drawn = random.normal(size=(700, 6)), random.normal(size=(400, 6)) + 0.3
    result = frechet_inception_distance(real, drawn, network(6, "pocket"))
    assert (result.metric, result.better, result.samples, result.network) == ("pocket FID", "lower", 400, "by hand")
    assert result.value == pytest.approx(frechet_distance(real, drawn))
    low, high = result.interval
    assert low < result.value < high
    # The mean moves by 1/20 of a deviation in each of 6 directions: the distance by about 2 * 0.3 / 20 * sqrt(6).
    assert high - low == pytest.approx(2 * 1.96 * 2 * 0.3 / 20 * 6**0.5, rel=0.5)
    assert frechet_inception_distance(real, drawn, network(6), metric="CLIP-FID").metric == "CLIP-FID"


def test_too_few_pictures_are_refused_with_what_would_do(network) -> None:
    with pytest.raises(DataError, match=r"5 drawn and 900 real pictures: FID's covariance of 6 .*kid.*5 "):
        frechet_inception_distance(np.ones((900, 6)), np.ones((5, 6)), network(6))
