import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.moments import Moments
from hearsight.evaluation.rows import BLOCK


def test_moments_over_many_blocks_are_those_of_all_rows() -> None:
    rows = 1000 + np.random.default_rng(0).normal(size=(2 * BLOCK + 77, 5))
    moments = Moments.of(rows)
    assert moments.count == len(rows)
    assert moments.mean == pytest.approx(rows.mean(axis=0), rel=1e-13)
    assert moments.covariance == pytest.approx(np.cov(rows, rowvar=False), rel=1e-9)


def test_a_row_may_count_several_times_or_not_at_all() -> None:
    random = np.random.default_rng(1)
    rows, times = random.normal(size=(BLOCK + 3, 4)), random.integers(0, 3, BLOCK + 3)
    times[BLOCK:] = 0
    moments, repeated = Moments.of(rows, times), np.repeat(rows, times, axis=0)
    assert moments.count == len(repeated)
    assert moments.covariance == pytest.approx(np.cov(repeated, rowvar=False))


def test_one_picture_has_no_covariance() -> None:
    with pytest.raises(DataError, match="1 pictures: a covariance needs at least two"):
        Moments.of(np.ones((1, 3)))
