import numpy as np
import pytest

from hearsight.evaluation.audio_image_content import audio_image_content


def test_names_agree_by_themselves_or_by_more_than_the_threshold(network) -> None:
    classes, labels = ("labrador", "guitar", "dog"), ("dog", "banjo")
    alike = np.array([[0.76, 0.1], [0.2, 0.75], [0.3, 0.2]])  # dog and dog: the same name, whatever CLIP says
    seen = ["labrador", "dog", "guitar", "guitar", "labrador"]
    heard = ["dog", "dog", "banjo", "dog", "banjo"]
    result = audio_image_content(seen, heard, alike, classes, labels, network(3), "CLIP")
    assert result.metric == "AIC" and result.value == pytest.approx(2 / 5)  # 0.75 does not exceed 0.75
    assert result.details == {"threshold": 0.75, "by name alone": 0.2, "names read by": "CLIP"}
    lower = audio_image_content(seen, heard, alike, classes, labels, network(3), "CLIP", threshold=0.7)
    assert lower.value == pytest.approx(3 / 5)
