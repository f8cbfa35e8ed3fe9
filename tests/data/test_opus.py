import numpy as np
import pytest
import soundfile

from hearsight.data.opus import RATE, read_tags, write_opus

TONE = (0.4 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)).astype(np.float32)


def test_a_tone_survives_in_few_bytes(tmp_path):
    path = tmp_path / "deep" / "tone.opus"
    write_opus(path, TONE, 22050, {"title": "a tone", "artist": "nobody"})
    assert path.stat().st_size < 6000 and [one.name for one in path.parent.iterdir()] == ["tone.opus"]
    samples, rate = soundfile.read(path)
    assert rate == RATE and len(samples) == pytest.approx(RATE, abs=2)
    assert np.abs(np.fft.rfft(samples)).argmax() == pytest.approx(440, abs=1)
    assert read_tags(path) == ("a tone", "nobody", pytest.approx(1, abs=1e-3))


def test_the_same_samples_make_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_opus(tmp_path / f"{name}.opus", TONE, 22050, {"title": "same"})
    assert (tmp_path / "a.opus").read_bytes() == (tmp_path / "b.opus").read_bytes()


def test_broken_files_have_no_tags(tmp_path):
    (tmp_path / "half.opus").write_bytes(b"OggS")
    assert read_tags(tmp_path / "half.opus") == read_tags(tmp_path / "none.opus") == ("", "", 0)
