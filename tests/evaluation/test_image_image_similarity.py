import numpy as np

from hearsight.evaluation.image_image_similarity import image_image_similarity


def test_the_pairing_is_told(network) -> None:
    results = image_image_similarity(np.eye(3), np.eye(3)[::-1], np.array([2, 1, 0]), network(3), "class")
    assert [(result.metric, result.value) for result in results[:2]] == [("IIS (share won)", 1), ("IIS (cosine)", 1)]
    assert results[0].details == {"true pictures": 3, "paired by": "class"}
