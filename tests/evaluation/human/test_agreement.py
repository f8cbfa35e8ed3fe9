import numpy as np
import pytest

from hearsight.evaluation.human.agreement import agreement

# Krippendorff's own example (2011): four observers, twelve units, 0 where nothing was said.
FOUR = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)


def of(table, level):
    table = np.asarray(table)
    said = table > 0
    units = np.broadcast_to(np.arange(table.shape[1]), table.shape)
    return agreement(table[said], units[said], level)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_the_published_example(level, alpha):
    found = of(FOUR, level)
    assert found.alpha == pytest.approx(alpha, abs=5e-4)
    assert found.interval[0] < alpha < found.interval[1] <= 1


def test_two_observers_and_two_answers_by_hand():
    # Ten units, of which four differ; of twenty answers six are the one, fourteen the other.
    table = [[1, 2, 1, 1, 1, 1, 1, 1, 2, 1], [2, 2, 2, 1, 1, 2, 1, 1, 1, 1]]
    for level in ("nominal", "ordinal", "interval"):  # the same, for there is but one difference
        assert of(table, level).alpha == pytest.approx(1 - 19 * 4 / (14 * 6))
    assert of(table, "nominal").pairs == pytest.approx(0.6)


def test_interval_by_hand():
    # Units (1, 2) and (4, 4): observed 2 x 1 over 4 answers; expected over all 12 ordered pairs: 2(1 + 9 + 9 + 4 + 4).
    assert of([[1, 4], [2, 4]], "interval").alpha == pytest.approx(1 - (2 / 4) / (54 / 12))


def test_its_ends():
    assert of([[1, 2, 3], [1, 2, 3]], "ordinal").alpha == pytest.approx(1)
    assert of([[1, 2], [2, 1]], "nominal").alpha < 0
    assert of([[3, 3], [3, 3]], "nominal").alpha is None  # nothing to disagree about
    alone = of([[1, 2, 3]], "nominal")
    assert (alone.alpha, alone.interval, alone.pairs) == (None, None, None)


def test_an_answer_without_a_partner_changes_nothing():
    assert of([[1, 2, 3, 5], [1, 2, 4, 0]], "ordinal").alpha == of([[1, 2, 3], [1, 2, 4]], "ordinal").alpha
