import pytest

from hearsight.conditions.phrases import phrases


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" | ", []),
        ("a dog", [("a dog", 1.0)]),
        ("a dog | a red ball:0.5", [("a dog", 1.0), ("a red ball", 0.5)]),
        ("a dog: 2|rain:.25 ", [("a dog", 2.0), ("rain", 0.25)]),
        ("night: a dog", [("night: a dog", 1.0)]),
        ("tea at 5:30 | 16:9", [("tea at 5:30", 1.0), ("16:9", 1.0)]),
        ("tea at 5:30:2", [("tea at 5:30:2", 1.0)]),
        ("tea at 5:30 :2", [("tea at 5:30", 2.0)]),
    ],
)
def test_texts_and_their_weights(text, found):
    assert phrases(text) == found
