from pathlib import Path

import numpy as np
import pytest

from hearsight.sound import Sound
from hearsight.sound.loudness import loudness_range

EXAMPLES = Path(__file__).parents[2] / "examples"
RATE = 16000


def _sound(samples: np.ndarray) -> Sound:
    return Sound(samples[None].astype(np.float32), RATE)


def _noise(seconds: float, deviation: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, deviation, round(seconds * RATE))


def _tone(hertz: float, seconds: float = 2.0) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def test_a_sound_that_is_half_as_loud_for_a_while_moves_by_that():
    tone = _tone(1000.0)
    tone[: RATE // 2] *= 0.5
    assert loudness_range(_sound(tone)) == pytest.approx(20 * np.log10(2), abs=0.1)


@pytest.mark.parametrize("samples", [_noise(3), _noise(0.3), np.round(_noise(2, 1.0)) / 32768, _tone(440)])
def test_noise_and_tones_are_steady(samples):
    assert loudness_range(_sound(samples)) < 2


@pytest.mark.parametrize("word", ["three", "seven"])
def test_words_are_not(word):
    spoken = Sound.read(EXAMPLES / f"{word}.ogg")
    assert loudness_range(spoken) > 5
    silence = np.zeros(10 * spoken.rate, np.float32)
    lonely = Sound(np.concatenate([silence, spoken.samples[0], silence])[None], spoken.rate)
    assert loudness_range(lonely) > 20


def test_rumble_below_a_voice_does_not_hide_it():
    word = Sound.read(EXAMPLES / "seven.ogg")
    rumble = 0.5 * np.sin(2 * np.pi * 30 * np.arange(word.samples.shape[1]) / word.rate)
    spoken = word.samples[0] / np.abs(word.samples).max()
    assert loudness_range(Sound((0.1 * spoken + rumble)[None].astype(np.float32), word.rate)) > 5


@pytest.mark.parametrize("count", [1, 50, 200])
def test_the_shortest_sounds_have_a_range(count):
    assert loudness_range(_sound(np.full(count, 0.1))) >= 0
