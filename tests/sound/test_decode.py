"""Every format is read, from where and as much as is wanted; whatever is no sound says so in one line."""

import io
import os
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile

from hearsight.errors import MissingDependency, SoundError
from hearsight.sound.decode import decode
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
    """The highest normalised correlation over small delays (decoders differ in the delay they remove)."""
    time = min(len(one), len(other)) - 2400
    one = one[1200 : 1200 + time]
    scores = [np.corrcoef(one, other[begin : begin + time])[0, 1] for begin in range(0, 2400, 8)]
    return max(scores)


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
    assert likeness(make_tone(1.0, rate), samples[0]) > 0.98


def test_ogg_flac_that_libsndfile_refuses_is_still_read(encode, make_tone):
    data = encode("ogg", "flac", None, 16000, "s16")
    with pytest.raises(soundfile.LibsndfileError):
        soundfile.read(io.BytesIO(data))
    samples, _ = decode(data, Excerpt())
    assert np.abs(samples[0] - make_tone()).max() < 1 / 16000


@pytest.mark.parametrize("kind", ["wav", "flac", "mp3", "opus", "mov", "m4a", "webm"])
def test_an_excerpt_is_the_slice_of_the_whole(encode, make_tone, kind):
    chirp = make_tone(3.0) * np.linspace(0.2, 1, 48000, dtype=np.float32)
    if kind in ("mov", "m4a", "webm"):
        rate = 48000 if kind == "webm" else 16000
        chirp = np.repeat(chirp, rate // 16000)
        container, codec = {"mov": ("mov", "pcm_s16le"), "m4a": ("ipod", "aac"), "webm": ("webm", "libopus")}[kind]
        data = encode(container, codec, chirp, rate, "s16" if kind == "mov" else "fltp")
    else:
        formats = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "mp3": ("MP3", None), "opus": ("OGG", "OPUS")}
        rate, data = 16000, written(chirp, 16000, *formats[kind])
    whole, _ = decode(data, Excerpt())
    for start, duration in ((0.0, 0.5), (0.1, 0.3), (1.3, 0.5), (2.0, 0.25)):
        part, _ = decode(data, Excerpt(start, duration))
        first = round(start * rate)
        assert part.shape[1] == round(duration * rate)
        # Opus decoders start from nothing after a seek and have converged, not quite to the last bit.
        assert np.abs(part - whole[:, first : first + part.shape[1]]).max() < 1e-3


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
    noise = (np.random.default_rng(0).standard_normal(8000 * 600) / 9).clip(-1, 1).astype(np.float32)
    counting = CountingFile(encode("mov", "pcm_s16le", noise, 8000, "s16"))
    samples, _ = decode(counting, Excerpt(start=500, duration=5))
    assert np.abs(samples[0] - noise[4_000_000:4_040_000]).max() < 1 / 16000
    assert counting.taken < 2_000_000


def test_sources_are_paths_bytes_file_objects_and_pipes(tmp_path, make_tone):
    path = tmp_path / "tone.wav"
    data = written(make_tone(), 16000, "WAV", "PCM_16")
    path.write_bytes(data)
    reader, writer = os.pipe()
    os.write(writer, data[:60000])  # what a pipe holds without a reader
    os.close(writer)
    moved = io.BytesIO(data)
    moved.read(100)
    with path.open("rb") as file, os.fdopen(reader, "rb") as pipe:
        for source in (path, str(path), data, bytearray(data), memoryview(data), moved, file):
            assert decode(source, Excerpt())[0].shape == (1, 16000)
        assert decode(pipe, Excerpt())[0].shape == (1, (60000 - 44) // 2)


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
