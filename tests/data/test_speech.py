import shutil

import numpy as np
import pytest

from hearsight.data import speech
from hearsight.errors import MissingDependency, SoundError

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")


def test_utterances_say_the_digit_in_many_voices():
    spoken = [speech.utterance(7, np.random.default_rng(seed)) for seed in range(100)]
    assert {utterance.text for utterance in spoken} == {"seven"}
    assert len({utterance.voice for utterance in spoken}) > 50


@needs_espeak
def test_speech_is_deterministic_and_differs_between_words_and_speeds():
    slow = speech.Utterance("three", "en-us+f3", 100, 50)
    samples, rate = speech.speak(slow)
    assert samples.dtype == np.float32 and samples.ndim == 1 and np.abs(samples).max() > 0.05
    np.testing.assert_array_equal(samples, speech.speak(slow)[0])
    fast, _ = speech.speak(speech.Utterance("three", "en-us+f3", 220, 50))
    assert len(fast) < 0.8 * len(samples)
    assert 0.2 < len(samples) / rate < 3


def test_without_espeak_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match="apt install espeak-ng"):
        speech.speak(speech.Utterance("one", "en-us", 150, 50))


@needs_espeak
def test_sentences_are_spoken_whatever_they_begin_with():
    sentence, _ = speech.speak(speech.Utterance("this small bird has a red belly", "gmw/en+f3", 150, 50))
    word, _ = speech.speak(speech.Utterance("-v", "gmw/en+f3", 150, 50))
    assert len(sentence) > 2 * len(word) > 0


@needs_espeak
@pytest.mark.parametrize("nothing", ["", "...", " "])
def test_where_there_is_nothing_to_say_the_message_says_so(nothing):
    with pytest.raises(SoundError, match="nothing to say"):
        speech.speak(speech.Utterance(nothing, "en-us", 150, 50))
