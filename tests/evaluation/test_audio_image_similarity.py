import numpy as np

from hearsight.evaluation.audio_image_similarity import audio_image_similarity


def test_both_networks_are_told(network) -> None:
    rows = np.eye(3)
    results = audio_image_similarity(rows, rows, np.arange(3), network(3, "pocket"), network(3, "pocket"))
    assert results[0].metric == "pocket AIS (share won)"
    assert results[0].value == 1 and results[0].network == "by hand (hears), by hand (sees)"
    assert results[0].details["sounds"] == 3
