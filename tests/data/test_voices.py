import hashlib
import shutil

import numpy as np
import pytest

from hearsight.data.speech import MEN, WOMEN
from hearsight.data.voices import ACCENTS, HELD_OUT, Espeak, Manner

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")


def test_training_and_held_out_share_no_speaker():
    engine = Espeak()
    said = {
        split: [engine.manner(split, np.random.default_rng(seed)) for seed in range(400)]
        for split in ("train", "held_out")
    }
    speakers = {split: {one.voice.partition("+")[2] for one in several} for split, several in said.items()}
    assert speakers["held_out"] == set(HELD_OUT) and not speakers["train"] & speakers["held_out"]
    assert speakers["train"] == set(MEN + WOMEN) - set(HELD_OUT)
    assert all(120 <= one.speed <= 200 and 25 <= one.pitch <= 75 for one in said["train"])


@needs_espeak
def test_every_voice_exists_and_sounds_different():
    """espeak-ng ignores what it does not know without a word."""
    engine = Espeak()

    def sound(voice):
        samples, _ = engine.say("red", Manner(voice, 150))
        return hashlib.sha256(samples.tobytes()).hexdigest()

    for accent in ACCENTS:
        assert sound(accent) != sound(f"{accent}+f2")
    assert len({sound(f"gmw/en+{speaker}") for speaker in MEN + WOMEN} | {sound("gmw/en")}) == len(MEN + WOMEN) + 1
