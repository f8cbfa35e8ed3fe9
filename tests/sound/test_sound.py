"""A Sound is finite, in range, and never guesses."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from hearsight import Sound
from hearsight.errors import SoundError


def test_a_file_keeps_its_channels_rate_and_name(tmp_path, make_tone):
    path = tmp_path / "bell.flac"
    soundfile.write(path, np.stack([make_tone(), -make_tone()], axis=1), 16000)
    sound = Sound.read(path)
    assert (sound.name, sound.rate, sound.channels, sound.seconds) == ("bell.flac", 16000, 2, 1.0)
    assert sound.samples.dtype == np.float32
    assert not sound.mono().audible  # one channel cancels the other
    assert Sound.read(path, channel=1).audible


def test_reading_takes_start_duration_rate_and_name(tmp_path, make_tone):
    path = tmp_path / "bell.wav"
    soundfile.write(path, make_tone(), 16000)
    sound = Sound.read(path, start=0.25, duration=0.5, rate=8000, name="a bell")
    assert (sound.name, sound.rate, sound.samples.shape) == ("a bell", 8000, (1, 4000))


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "uint8", "float16", "float32", "float64"])
def test_every_number_type_means_the_same_sound(kind):
    kept = np.array([-1.0, -0.5, 0.0, 0.5, 0.75])
    if kind.startswith("float"):
        values = kept.astype(kind)
    elif kind == "uint8":
        values = (kept * 128 + 128).astype(kind)
    else:
        values = (kept * 2.0 ** (np.iinfo(kind).bits - 1)).astype(kind)
    sound = Sound.read((values, 8000))
    assert np.array_equal(sound.samples, kept[None].astype(np.float32))


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((40,), 1), ((2, 40), 2), ((40, 2), 2), ((1, 3), 1), ((3, 1), 1), ((1, 1), 1), ((1, 900), 1)],
)
def test_the_shorter_axis_is_the_channels(shape, channels):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 1000
    sound = Sound.read((array, 8000))
    assert sound.channels == channels
    expected = array.reshape(1, -1) if channels == 1 else (array if shape[0] == channels else array.T)
    assert np.array_equal(sound.samples, expected)


@pytest.mark.parametrize("shape", [(2, 2), (8, 3), (9, 40), (2, 3, 40)])
def test_an_array_of_unclear_shape_is_refused(shape):
    with pytest.raises(SoundError, match=r"shape \["):
        Sound.read((np.zeros(shape, np.float32), 8000))


@pytest.mark.parametrize(
    "source", [np.zeros(9), (np.zeros(9),), (8000, np.zeros(9)), (np.zeros(9), 8000, 1), (np.zeros(9), np.zeros(9))]
)
def test_an_array_without_a_rate_is_refused(source):
    with pytest.raises(SoundError, match=r"\(array, rate\)"):
        Sound.read(source)


@pytest.mark.parametrize("rate", [0, -1, 0.5, 44100.5, float("nan"), float("inf"), "16000", None, True])
def test_a_rate_is_a_whole_number(rate):
    with pytest.raises(SoundError, match="whole samples per second"):
        Sound.read((np.zeros(9), rate))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_located(value):
    samples = np.zeros((2, 50), np.float32)
    samples[1, 7] = value
    with pytest.raises(SoundError, match=rf"sample 7 of channel 1 is {value}.*nan_to_num"):
        Sound(samples, 8000)


def test_a_float_file_with_nan_is_refused():
    file = io.BytesIO()
    soundfile.write(file, np.array([0.0, np.nan], np.float32), 8000, format="WAV", subtype="FLOAT")
    with pytest.raises(SoundError, match="is nan"):
        Sound.read(file)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(0, np.float32), "zero samples"),
        (np.array([0.0, 120.0]), "reach 120"),
        (np.array([True, False]), "no known full scale"),
        (np.zeros(4, np.int64), "no known full scale"),
        (np.zeros(4, complex), "no known full scale"),
    ],
)
def test_what_is_no_sound_is_refused(array, words):
    with pytest.raises(SoundError, match=words) as caught:
        Sound.read((array, 8000), name="x")
    assert str(caught.value).startswith("x: ")
    assert "\n" not in str(caught.value)


def test_a_little_overshoot_is_clipped():
    assert Sound.read((np.array([1.3, -2.0, 0.5]), 8000)).samples.tolist() == [[1.0, -1.0, 0.5]]


def test_other_types_are_refused():
    for source in (None, 5, ["a.wav"]):
        with pytest.raises(SoundError, match="cannot be read from"):
            Sound.read(source)
    with pytest.raises(SoundError, match="float array"):
        Sound(np.zeros(4, np.float32), 8000)


def test_silence_may_be_read_but_not_heard():
    silence = Sound.read((np.zeros(4000), 8000), name="night.wav")
    with pytest.raises(SoundError, match=r"^night\.wav: all 0\.50 s are silence"):
        silence.require_audible()
    whisper = Sound.read((np.full(4000, 1e-6), 8000))
    assert whisper.require_audible() is whisper


def test_excerpts_of_arrays_and_sounds(make_tone):
    whole = Sound.read((make_tone(), 16000))
    part = Sound.read(whole, start=0.5, duration=0.25)
    assert np.array_equal(part.samples, whole.samples[:, 8000:12000])
    assert part.sha256() == Sound.read((make_tone(), 16000), start=0.5, duration=0.25).sha256()
    with pytest.raises(SoundError, match=r"start=1 lies beyond its end at 1\.00 s"):
        Sound.read(whole, start=1.0)


def test_resampling_keeps_a_tone_a_tone(make_tone):
    for rate in (8000, 22050, 44100):
        resampled = Sound.read((make_tone(), 16000)).resample(rate)
        expected = make_tone(1.0, rate)
        assert resampled.samples.shape == (1, rate)
        edge = rate // 20
        assert np.abs(resampled.samples[0] - expected)[edge:-edge].max() < 1e-3


def test_resampling_removes_what_the_new_rate_cannot_hold(make_tone):
    whistle = Sound.read((make_tone(1.0, 48000, 9000.0), 48000)).resample(16000)
    assert np.abs(whistle.samples[:, 800:-800]).max() < 1e-4


def test_the_hash_is_of_rate_and_samples_alone(make_tone):
    sound = Sound(make_tone()[None], 16000, "one")
    assert sound.sha256() == Sound(make_tone()[None], 16000, "two").sha256()
    different = [
        Sound(make_tone()[None], 8000),
        Sound(-make_tone()[None], 16000),
        Sound(make_tone().reshape(2, -1), 16000),
    ]
    assert len({sound.sha256(), *(other.sha256() for other in different)}) == 4


@settings(max_examples=40, deadline=None)
@given(time=st.integers(1, 400), old=st.integers(1, 96000), new=st.integers(1, 96000), channels=st.integers(1, 3))
def test_any_length_resamples_between_any_rates(time, old, new, channels):
    if time * new > old * 200_000:
        new = max(1, 200_000 * old // time)
    sound = Sound(np.full((channels, time), 0.25, np.float32), old).resample(new)
    assert sound.rate == new
    assert sound.channels == channels
    assert abs(sound.samples.shape[1] - time * new / old) <= 1
    assert np.abs(sound.samples).max() <= 1
