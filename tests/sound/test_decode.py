"""Every format is read, from where and as much as is wanted; whatever is no sound says so in one line."""

import io
import os
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile

from hearsight.errors import MissingDependency, SoundError
from hearsight.sound.decode import BLOCK, decode
from hearsight.sound.excerpt import Excerpt

LOSSLESS = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")]
LOSSY = [("WAV", "PCM_U8"), ("WAV", "MS_ADPCM"), ("AIFF", "PCM_S8"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)]
FFMPEG = [  # container, codec, rate, sample format, video codec
    ("ipod", "aac", 44100, "fltp", None),
    ("adts", "aac", 16000, "fltp", None),
    ("asf", "wmav2", 44100, "fltp", None),
    ("webm", "libopus", 48000, "fltp", None),
    ("mov", "pcm_s16le", 16000, "s16", None),
    ("ogg", "flac", 16000, "s16", None),
    ("mp4", "aac", 44100, "fltp", "mpeg4"),
    ("webm", "libopus", 48000, "fltp", "libvpx"),
    ("avi", "mp3", 44100, "fltp", "mpeg4"),
]


class CountingFile(io.BytesIO):
    """Counts the bytes that are read from it."""

    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data

    def readinto(self, buffer):
        count = super().readinto(buffer)
        self.taken += count
        return count


def written(samples, rate, container, subtype):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=container, subtype=subtype)
    return file.getvalue()


def message(source, **excerpt):
    with pytest.raises(SoundError) as caught:
        decode(source, Excerpt(**{"name": "x", **excerpt}))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def likeness(one, other):
    """The highest normalised correlation over all delays (decoders differ in the delay they remove)."""
    size = len(one) + len(other)
    correlation = np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size).conj(), size)
    return correlation.max() / np.linalg.norm(one) / np.linalg.norm(other)


@pytest.mark.parametrize(("container", "subtype"), LOSSLESS)
def test_lossless_formats_keep_every_sample(make_tone, container, subtype):
    stereo = np.stack([make_tone(), -0.5 * make_tone()], axis=1)
    samples, rate = decode(written(stereo, 16000, container, subtype), Excerpt())
    assert (rate, samples.shape, samples.dtype) == (16000, (2, 16000), np.float32)
    assert np.abs(samples - stereo.T).max() < 1 / 32000


@pytest.mark.parametrize(("container", "subtype"), LOSSY)
def test_lossy_formats_sound_alike(make_tone, container, subtype):
    samples, rate = decode(written(make_tone(), 16000, container, subtype), Excerpt())
    assert rate == 16000
    assert abs(samples.shape[1] - 16000) <= 1200
    assert likeness(make_tone(), samples[0]) > 0.98


@pytest.mark.parametrize(("container", "codec", "rate", "sample", "video"), FFMPEG)
def test_formats_of_ffmpeg_sound_alike(make_tone, encode, container, codec, rate, sample, video):
    samples, found = decode(encode(container, codec, None, rate, sample, video), Excerpt())
    assert found == rate
    assert samples.dtype == np.float32
    assert abs(samples.shape[1] - rate) <= 0.1 * rate
    assert likeness(make_tone(1.0, rate), samples[0]) > 0.97


def test_ogg_flac_that_libsndfile_refuses_is_still_read(encode, make_tone):
    data = encode("ogg", "flac", None, 16000, "s16")
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(io.BytesIO(data))
    samples, _ = decode(data, Excerpt())
    assert np.abs(samples[0] - make_tone()).max() < 1 / 16000


def rising(seconds, rate):
    """A sine that rises from 200 Hz, so that no excerpt of it is like another."""
    time = np.arange(round(seconds * rate)) / rate
    return (np.sin(2 * np.pi * (200 * time + 300 * time**2)) / 3).astype(np.float32)


def worst_excerpt(data, rate):
    """The largest difference between excerpts and the slices of the whole."""
    whole, _ = decode(data, Excerpt())
    worst = 0.0
    for start, duration in ((0.0, 0.5), (0.1, 0.3), (1.3, 0.5), (2.0, 0.25)):
        part, found = decode(data, Excerpt(start, duration))
        first = round(start * rate)
        assert (found, part.shape[1]) == (rate, round(duration * rate))
        worst = max(worst, np.abs(part - whole[:, first : first + part.shape[1]]).max())
    return worst


@pytest.mark.parametrize(("container", "subtype"), [*LOSSLESS, *LOSSY])
def test_an_excerpt_is_the_slice_of_the_whole(container, subtype):
    # Opus decoders know nothing of what went before a seek and converge, not quite to the last bit.
    assert worst_excerpt(written(rising(3, 16000), 16000, container, subtype), 16000) < 1e-3


@pytest.mark.parametrize(("container", "codec", "sample"), [("mov", "pcm_s16le", "s16"), ("ipod", "aac", "fltp")])
def test_an_excerpt_of_a_film_is_the_slice_of_the_whole(encode, container, codec, sample):
    assert worst_excerpt(encode(container, codec, rising(3, 16000), 16000, sample), 16000) < 1e-5


def test_an_excerpt_of_a_webm_begins_within_half_a_millisecond(encode):
    # Its clock ticks in milliseconds, so after a seek no more can be known.
    data = encode("webm", "libopus", rising(3, 48000), 48000)
    whole, part = decode(data, Excerpt())[0][0], decode(data, Excerpt(1.3, 0.5))[0][0]
    lags = range(62400 - 24, 62400 + 25)
    assert min(np.abs(part - whole[lag : lag + len(part)]).max() for lag in lags) < 1e-3


def test_a_long_mp3_of_varying_bit_rate_is_read_without_a_seam():
    # Its own seek table is coarse, so reading on from block to block must not seek.
    data = written(rising(40, 16000), 16000, "MP3", None)
    whole, _ = decode(data, Excerpt())
    at_once, _ = soundfile.read(io.BytesIO(data), dtype="float32")
    assert whole.shape[1] > 2 * BLOCK
    assert np.abs(whole[0] - at_once).max() < 1e-5


def test_an_excerpt_ends_with_the_sound_at_the_latest(make_tone):
    samples, _ = decode(written(make_tone(), 16000, "WAV", "PCM_16"), Excerpt(start=0.75, duration=10))
    assert samples.shape == (1, 4000)


def test_one_channel_can_be_chosen(make_tone):
    stereo = np.stack([make_tone(), 0 * make_tone()], axis=1)
    data = written(stereo, 16000, "WAV", "PCM_16")
    assert decode(data, Excerpt(channel=0))[0].any()
    assert not decode(data, Excerpt(channel=1))[0].any()
    assert "channel=2 is not there; it has 2" in message(data, channel=2)


def test_five_seconds_of_ten_hours_read_five_seconds(tmp_path):
    path = tmp_path / "night.wav"
    soundfile.write(path, np.zeros(16000, np.int16), 16000)
    size = 36000 * 16000 * 2
    with path.open("r+b") as file:  # ten hours of silence, a sparse file
        file.seek(4)
        file.write((size + 36).to_bytes(4, "little"))
        file.seek(40)
        file.write(size.to_bytes(4, "little"))
        file.truncate(size + 44)
    tracemalloc.start()
    samples, rate = decode(path, Excerpt(start=35000, duration=5))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples.shape == (1, 5 * rate)
    assert peak < 4_000_000  # the whole would be 2.3 GB


def test_five_seconds_of_a_ten_hour_flac_take_few_bytes():
    file = io.BytesIO()
    hour = np.random.default_rng(0).integers(-9, 9, 360_000, dtype=np.int16)
    with soundfile.SoundFile(file, "w", 100, 1, format="FLAC") as sound:
        for _ in range(10):
            sound.write(hour)
    counting = CountingFile(file.getvalue())
    samples, _ = decode(counting, Excerpt(start=30000, duration=5))
    assert np.array_equal(samples[0], (hour / 32768).astype(np.float32)[120_000:120_500])
    assert counting.taken < len(file.getvalue()) / 10


def test_five_seconds_of_a_long_film_take_few_bytes(encode):
    noise = (np.random.default_rng(0).standard_normal(8000 * 60) / 9).clip(-1, 1).astype(np.float32)
    counting = CountingFile(encode("mov", "pcm_s16le", noise, 8000, "s16"))
    samples, _ = decode(counting, Excerpt(start=50, duration=5))
    assert np.abs(samples[0] - noise[400_000:440_000]).max() < 1 / 16000
    assert counting.taken < 250_000


def test_sources_are_paths_bytes_file_objects_and_pipes(tmp_path, make_tone):
    path = tmp_path / "tone.wav"
    data = written(make_tone(), 16000, "WAV", "PCM_16")
    path.write_bytes(data)
    reader, writer = os.pipe()
    os.write(writer, data)  # fits into what a pipe holds without a reader
    os.close(writer)
    moved = io.BytesIO(data)
    moved.read(100)
    with path.open("rb") as file, os.fdopen(reader, "rb") as pipe:
        for source in (path, str(path), data, bytearray(data), memoryview(data), moved, file, pipe):
            assert decode(source, Excerpt())[0].shape == (1, 16000)


def test_every_kind_of_nothing_has_its_own_message(tmp_path, encode):
    png = bytes.fromhex("89504e470d0a1a0a") + bytes(100)
    messages = {
        "there is no such file": message(tmp_path / "missing.wav"),
        "is a folder": message(tmp_path),
        "is an empty file (0 bytes)": message(b""),
        "holds zero samples": message(written(np.zeros(0), 16000, "WAV", "PCM_16")),
        "is a video without sound": message(encode("mp4", None, video="mpeg4")),
        "is a picture": message(png),
        "is not a sound file": message(b"Dear diary, " * 99),
        "cannot be opened": message("a\0b"),
        "was opened as text": message(io.StringIO("sound")),
    }
    for words, found in messages.items():
        assert words in found
    assert len(set(messages.values())) == len(messages)


def test_what_is_cut_short_says_where_it_breaks_off_and_can_be_read_up_to_there():
    noise = np.random.default_rng(0).standard_normal(80000).clip(-3, 3) / 4
    whole = written(noise, 16000, "FLAC", "PCM_16")
    found = message(whole[: len(whole) // 2])
    assert "decoding breaks off" in found
    duration = float(found.rsplit("duration=", 1)[1].rstrip("."))
    assert 1.5 < duration < 2.6
    samples, _ = decode(whole[: len(whole) // 2], Excerpt(duration=duration))
    assert np.abs(samples[0] - noise[: samples.shape[1]]).max() < 1e-4
    assert "nothing can be decoded" in message(whole[: len(whole) // 2], start=4.0)
    assert "begins like FLAC but cannot be decoded" in message(whole[:30])


def test_a_cut_m4a_is_told_from_junk(encode):
    whole = encode("ipod", "aac")
    assert "begins like MP4 but cannot be decoded" in message(whole[: len(whole) // 2])


def test_starting_beyond_the_end_says_where_the_end_is(encode, make_tone):
    for data in (written(make_tone(), 16000, "WAV", "PCM_16"), encode("mov", "pcm_s16le", sample="s16")):
        assert "start=2 lies beyond its end at 1.00 s" in message(data, start=2.0)
    assert "start=90 lies beyond its end" in message(encode("ipod", "aac"), start=90.0)


def test_a_title_in_another_encoding_does_not_matter(encode):
    data = encode("mp4", "aac")
    marked = data.replace(b"isom", b"\xedsom", 1)
    assert marked != data
    assert decode(marked, Excerpt())[0].any()


def test_a_missing_pyav_is_named_with_its_cure(monkeypatch, encode):
    data = encode("ipod", "aac")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingDependency, match=r"^x\.m4a: .*pip install av$"):
        decode(data, Excerpt(name="x.m4a"))


def test_common_formats_do_without_pyav(monkeypatch, make_tone):
    monkeypatch.setitem(sys.modules, "av", None)
    assert decode(written(make_tone(), 16000, "FLAC", "PCM_16"), Excerpt())[0].any()
