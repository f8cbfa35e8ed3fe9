"""Window policies, from one sample to ten minutes."""

import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hearsight import Sound
from hearsight.errors import ConfigError
from hearsight.sound.window import Window


def ramp(time, rate=1000):
    return Sound((np.arange(1, time + 1, dtype=np.float32) / (time + 1))[None], rate)


@pytest.mark.parametrize("long", ["crop", "slide", "average"])
@pytest.mark.parametrize("short", ["tile", "pad"])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_one_sample_fills_a_window(short, long, rate):
    clips = Window(16000, 0.5, short, long).cut(Sound(np.array([[0.5]], np.float32), rate))
    assert clips.samples.shape == clips.mask.shape == (1, 8000)
    assert clips.samples.dtype == torch.float32
    assert clips.starts == (0.0,)
    if short == "tile":
        assert clips.mask.all()
        assert (clips.samples != 0).all()
    else:
        assert 1 <= clips.mask.sum() <= 2
        assert (clips.samples[~clips.mask] == 0).all()


def test_tiling_repeats_from_the_beginning():
    clips = Window(1000, 0.01, "tile").cut(ramp(4))
    one_to_four = ramp(4).samples[0]
    assert torch.equal(clips.samples[0], torch.from_numpy(np.concatenate([one_to_four, one_to_four, one_to_four[:2]])))


def test_a_pause_keeps_repetitions_apart_and_is_masked():
    clips = Window(1000, 0.012, "tile", pause=0.002).cut(ramp(4))
    sound, silence = ramp(4).samples[0], np.zeros(2, np.float32)
    assert np.array_equal(clips.samples[0].numpy(), np.concatenate([sound, silence, sound, silence]))
    assert clips.mask.tolist() == [[True, True, True, True, False, False] * 2]


def test_padding_is_zero_and_masked():
    clips = Window(1000, 0.01, "pad").cut(ramp(4))
    assert torch.equal(clips.samples[0, :4], torch.from_numpy(ramp(4).samples[0]))
    assert (clips.samples[0, 4:] == 0).all()
    assert clips.mask.tolist() == [[True] * 4 + [False] * 6]


@pytest.mark.parametrize("long", ["crop", "slide", "average"])
@pytest.mark.parametrize("short", ["tile", "pad"])
def test_an_exact_fit_is_left_alone(short, long):
    clips = Window(1000, 0.05, short, long).cut(ramp(50))
    assert np.array_equal(clips.samples[0].numpy(), ramp(50).samples[0])
    assert clips.mask.all()
    assert len(clips) == 1


def test_cropping_takes_the_centre():
    clips = Window(1000, 0.01, long="crop").cut(ramp(31))
    assert np.array_equal(clips.samples.numpy(), ramp(31).samples[:, 10:20])
    assert clips.starts == (0.01,)


@pytest.mark.parametrize("long", ["slide", "average"])
def test_sliding_covers_the_sound_and_ends_with_it(long):
    clips = Window(1000, 0.01, long=long, hop=0.004).cut(ramp(25))
    assert [round(1000 * start) for start in clips.starts] == [0, 4, 8, 12, 15]
    for row, first in enumerate([0, 4, 8, 12, 15]):
        assert np.array_equal(clips.samples[row].numpy(), ramp(25).samples[0, first : first + 10])
    assert clips.mask.shape == (5, 10)
    assert clips.mask.all()


def test_without_a_hop_windows_follow_each_other():
    assert Window(1000, 0.01).cut(ramp(30)).starts == (0.0, 0.01, 0.02)
    assert Window(1000, 0.01).cut(ramp(31)).starts == (0.0, 0.01, 0.02, 0.021)


def test_channels_are_mixed_and_the_rate_is_the_encoders(make_tone):
    stereo = Sound(np.stack([make_tone(2.0), np.zeros(32000, np.float32)]), 16000)
    clips = Window(8000, 2.0).cut(stereo)
    assert clips.samples.shape == (1, 16000)
    assert np.abs(clips.samples[0].numpy() - make_tone(2.0, 8000) / 2)[400:-400].max() < 1e-3


@pytest.mark.parametrize(("long", "windows"), [("crop", 1), ("slide", 121), ("average", 121)])
def test_ten_minutes(long, windows):
    ten_minutes = Sound(np.zeros((2, 600 * 22050 + 1), np.float32), 22050)
    tracemalloc.start()
    clips = Window(22050, 5.0, long=long).cut(ten_minutes)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert clips.samples.shape == clips.mask.shape == (windows, 110250)
    assert clips.starts[-1] == pytest.approx(297.5 if long == "crop" else 595.0, abs=1e-4)
    assert peak < 3 * ten_minutes.samples.nbytes


@pytest.mark.parametrize(
    "settings",
    [
        {"rate": 0},
        {"seconds": 0.0},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"hop": 0.0},
        {"hop": float("nan")},
        {"short": "stretch"},
        {"long": "squeeze"},
    ],
)
def test_impossible_windows_are_refused(settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        Window(**{"rate": 1000, "seconds": 1.0, **settings})


@settings(max_examples=60, deadline=None)
@given(
    time=st.integers(1, 300),
    length=st.integers(1, 60),
    hop=st.one_of(st.none(), st.integers(1, 80)),
    short=st.sampled_from(["tile", "pad"]),
    long=st.sampled_from(["crop", "slide", "average"]),
)
def test_every_window_is_a_piece_of_the_sound(time, length, hop, short, long):
    sound = ramp(time)
    clips = Window(1000, length / 1000, short, long, None if hop is None else hop / 1000).cut(sound)
    assert clips.samples.shape == clips.mask.shape == (len(clips), length)
    for samples, mask, start in zip(clips.samples.numpy(), clips.mask.numpy(), clips.starts, strict=True):
        first = round(start * 1000)
        expected = sound.samples[0, first : first + length]
        assert np.array_equal(samples[: len(expected)], expected)
        assert mask[: len(expected)].all()
        assert mask.all() == (short == "tile" or time >= length)
    if long != "crop" and time >= length:
        assert round(clips.starts[-1] * 1000) + length == time
