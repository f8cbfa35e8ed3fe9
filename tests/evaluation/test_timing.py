import json

import numpy as np
import pytest
import soundfile
import torch

from hearsight.errors import DataError
from hearsight.evaluation.timing import in_words, machine, measure, timed, warm_up
from hearsight.picture import Picture


@pytest.fixture
def sounds(data, tmp_path):
    """Silence, which nobody can draw, and two sounds."""
    soundfile.write(tmp_path / "silent.wav", np.zeros(4000), 8000)
    return [tmp_path / "silent.wav", *sorted((data / "sounds" / "held_out" / "blue").glob("*.wav"))]


def test_sounds_that_cannot_be_heard_are_passed_over(system, sounds) -> None:
    timing = measure(system, sounds, pictures=2)
    assert timing.pictures == 2 and 0 < timing.seconds < 60 and timing.machine == machine(torch.device("cpu"))
    assert measure(system, sounds).pictures == 2
    with pytest.raises(DataError, match="hears none of these sounds"):
        measure(system, sounds[:1])


def test_a_time_is_measured_once_for_the_same_system(system, sounds, tmp_path, monkeypatch) -> None:
    kept = tmp_path / "deep" / "timing.json"
    first = measure(system, sounds, pictures=1, kept=kept)
    assert measure(system, [], pictures=1, kept=kept) == first
    assert json.loads(kept.read_text())["timing"]["seconds"] == first.seconds
    monkeypatch.setattr(system, "weights_sha256", "another")
    with pytest.raises(DataError):
        measure(system, [], pictures=1, kept=kept)


def test_the_timed_picture_is_the_one_that_is_always_drawn(system, sounds) -> None:
    warm_up(system, sounds[0])  # silence is no error here
    warm_up(system, sounds[1])
    picture, seconds = timed(system, sounds[1], seed=3)
    assert isinstance(picture, Picture) and seconds > 0
    assert picture.image.tobytes() == system(sounds[1], seed=3)[0].image.tobytes()


def test_times_in_words() -> None:
    assert [in_words(time) for time in (0.0091, 0.44, 2.5, 75.4)] == ["9 ms", "0.44 s", "2.50 s", "75 s"]
