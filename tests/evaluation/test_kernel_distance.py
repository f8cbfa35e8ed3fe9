import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.kernel_distance import discrepancy, kernel_inception_distance


def test_the_formula_by_hand() -> None:
    """One feature: k(x, y) = (xy + 1)^3. Of {0, 1} and {1, 2}: 1 + 27 - 2 (1 + 1 + 8 + 27) / 4."""
    value, _ = discrepancy(np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]]))
    assert value == pytest.approx(1 + 27 - 2 * 37 / 4)


def test_the_formula_pair_by_pair() -> None:
    random = np.random.default_rng(0)
    x, y = random.normal(size=(4, 3)), random.normal(size=(5, 3))

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return (a @ b / 3 + 1) ** 3

    own = sum(kernel(x[i], x[j]) for i in range(4) for j in range(4) if i != j) / 12
    other = sum(kernel(y[i], y[j]) for i in range(5) for j in range(5) if i != j) / 20
    across = sum(kernel(a, b) for a in x for b in y) / 20
    assert discrepancy(x, y)[0] == pytest.approx(own + other - 2 * across)


def test_it_is_unbiased_and_its_interval_is_as_wide_as_it_scatters(network) -> None:
    """Sets of one distribution: zero on average, however small; 95 of 100 intervals should hold it."""
    random = np.random.default_rng(0)
    real = random.normal(size=(2000, 4))
    results = [
        kernel_inception_distance(real, random.normal(size=(60, 4)) + 0.5, network(4), subsets=20) for _ in range(40)
    ]
    values = np.array([result.value for result in results])
    half = np.mean([result.interval[1] - result.value for result in results])
    assert half / 1.96 == pytest.approx(values.std(), rel=0.35)
    same = [kernel_inception_distance(real, random.normal(size=(30, 4)), network(4), subsets=20) for _ in range(40)]
    found = np.array([result.value for result in same])
    assert abs(found.mean()) < 4 * found.std() / 40**0.5


def test_subsets_are_told_and_repeat_with_the_seed(network) -> None:
    random = np.random.default_rng(0)
    real, drawn = random.normal(size=(50, 4)), random.normal(size=(40, 4)) + 1
    first, again, other = (
        kernel_inception_distance(real, drawn, network(4), subsets=5, subset_size=10, seed=seed) for seed in (0, 0, 1)
    )
    assert first == again and first.value != other.value
    assert first.metric == "KID" and first.details["pictures in a subset"] == 10 and first.details["subsets"] == 5
    whole = kernel_inception_distance(drawn, drawn, network(4))
    assert whole.details["subsets"] == 1


def test_a_single_picture_is_refused(network) -> None:
    with pytest.raises(DataError, match="1 drawn and 9 real pictures"):
        kernel_inception_distance(np.ones((9, 2)), np.ones((1, 2)), network(2))
