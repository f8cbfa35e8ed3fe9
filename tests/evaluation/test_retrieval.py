import numpy as np
import pytest

from hearsight.errors import DataError
from hearsight.evaluation.retrieval import content_based, cosine, query_pool, retrieve, same_class


def test_recall_counts_queries_whose_first_right_answer_is_near_enough():
    similarity = np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1], [0.9, 0.5, 0.1]])
    found = retrieve(similarity, np.eye(3, dtype=bool))
    assert found.ranks.tolist() == [1, 2, 3]
    assert [found.recall(k) for k in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])
    assert found.mean_average_precision == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)


def test_average_precision_of_several_right_answers():
    # Right answers at places 1, 3 and 6: precisions 1/1, 2/3 and 3/6.
    similarity = np.array([[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]])
    found = retrieve(similarity, np.array([[True, False, True, False, False, True]]))
    assert found.ranks.tolist() == [1]
    assert found.precisions[0] == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


def test_the_order_of_candidates_changes_nothing():
    random = np.random.default_rng(0)
    similarity, relevant = random.integers(0, 4, (20, 30)).astype(float), random.random((20, 30)) < 0.3
    order = random.permutation(30)
    one, other = retrieve(similarity, relevant), retrieve(similarity[:, order], relevant[:, order])
    assert one.ranks.tolist() == other.ranks.tolist()
    assert one.precisions.tolist() == other.precisions.tolist()


def test_average_precision_by_its_definition():
    random = np.random.default_rng(1)
    similarity, relevant = random.random((5, 12)), random.random((5, 12)) < 0.4
    found = retrieve(similarity, relevant)
    for query in range(5):
        shares = [
            relevant[query, similarity[query] >= similarity[query, right]].mean()
            for right in np.flatnonzero(relevant[query])
        ]
        assert found.precisions[query] == pytest.approx(np.mean(shares))


def test_ties_count_against_the_network():
    found = retrieve(np.zeros((2, 4)), np.array([[True, False, False, False], [True, True, False, False]]))
    assert found.ranks.tolist() == [4, 3]
    assert found.precisions == pytest.approx([1 / 4, (1 / 3 + 2 / 4) / 2])


def test_right_answers_that_are_alike_do_not_hinder_each_other():
    found = retrieve(np.array([[1.0, 1.0, 0.0]]), np.array([[True, True, False]]))
    assert (found.ranks[0], found.precisions[0]) == (1, 1.0)


def test_chance_is_what_it_should_be():
    random = np.random.default_rng(0)
    found = retrieve(random.random((3000, 10)), same_class(["a"] * 3000, ["a"] + ["b"] * 9))
    assert found.recall(1) == pytest.approx(0.1, abs=0.02)
    assert found.recall(5) == pytest.approx(0.5, abs=0.03)
    low, high = found.interval(found.hits(1))
    assert low < found.recall(1) < high
    assert high - low == pytest.approx(2 * 1.96 * (0.1 * 0.9 / 3000) ** 0.5, rel=0.15)


def test_a_query_without_an_answer_is_an_error():
    with pytest.raises(DataError, match="1 of 2 queries have no right answer among 3 candidates"):
        retrieve(np.zeros((2, 3)), np.array([[True, False, False], [False] * 3]))
    with pytest.raises(DataError, match="0 of 0 queries"):
        retrieve(np.zeros((0, 3)), np.zeros((0, 3), bool))
    with pytest.raises(DataError, match="equal shapes"):
        retrieve(np.zeros((2, 3)), np.ones((3, 2), bool))


def test_what_is_no_number_is_an_error():
    broken = cosine(np.zeros((1, 4)), np.ones((2, 4)))
    assert np.isnan(broken).all()
    with pytest.raises(DataError, match="not a finite number"):
        retrieve(broken, np.ones((1, 2), bool))


def test_cosines():
    assert cosine(np.array([[3.0, 0.0]]), np.array([[1.0, 1.0], [-5.0, 0.0]])) == pytest.approx(
        np.array([[0.5**0.5, -1.0]])
    )


def test_two_real_pictures_of_every_class_look_for_generated_ones():
    real = np.array([[1.0, 0.0]] * 4 + [[0.0, 1.0]] * 3)
    labels = ["a"] * 4 + ["b"] * 3
    right = content_based(real, labels, np.array([[2.0, 0.1], [0.1, 3.0]]), ["a", "b"])
    assert len(right.ranks) == 4
    assert right.mean_average_precision == 1
    swapped = content_based(real, labels, np.array([[2.0, 0.1], [0.1, 3.0]]), ["b", "a"])
    assert swapped.mean_average_precision == 0.5


def test_the_queries_are_random_but_fixed_by_the_seed_and_their_class():
    labels = ["a"] * 50 + ["b"] * 50
    chosen = query_pool(labels)
    assert [labels[number] for number in chosen] == ["a", "a", "b", "b"]
    assert len(set(chosen.tolist())) == 4
    assert query_pool(labels).tolist() == chosen.tolist()
    assert query_pool(labels, seed=1).tolist() != chosen.tolist()
    assert query_pool(labels + ["c"] * 5)[:4].tolist() == chosen.tolist()
    assert query_pool([]).tolist() == []


def test_a_class_of_one_real_picture_cannot_give_two():
    with pytest.raises(DataError, match="b: 1 real pictures, where 2"):
        query_pool(["a", "a", "b"])
