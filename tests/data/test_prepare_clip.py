import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.data.clips import Clip
from hearsight.data.judges import Judges
from hearsight.data.prepare_clip import Dropped, Preparation, prepare_clip
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound

PLAIN = Preparation(seconds=2, size=64)


def _clip(path: Path | None, **about) -> Clip:
    return Clip("name", "rain", "train", path, **about)


def _reason(clip: Clip, preparation: Preparation = PLAIN, judges: Judges | None = None) -> str:
    with pytest.raises(Dropped) as dropped:
        prepare_clip(clip, 0, preparation, judges or Judges())
    return str(dropped.value)


def test_a_pair_is_cut_from_the_same_seconds(rainy):
    sample = prepare_clip(_clip(rainy), 0, PLAIN, Judges())
    about = sample.about
    assert 0 <= about["start"] <= 2
    assert about["frame"] == pytest.approx(about["start"] + 1.25)  # the third of four
    samples, rate = soundfile.read(io.BytesIO(sample.sound), dtype="float32")
    assert (rate, len(samples)) == (16000, 32000)
    whole = Sound.read(rainy, start=about["start"], duration=2, rate=16000).samples[0]
    assert np.abs(samples[100:-100] - whole[: len(samples)][100:-100]).max() < 0.02
    picture = Image.open(io.BytesIO(sample.picture))
    assert (picture.format, picture.size) == ("JPEG", (64, 64))


def test_it_depends_on_seed_and_crop_alone(rainy):
    first = prepare_clip(_clip(rainy), 0, PLAIN, Judges())
    assert prepare_clip(_clip(rainy), 0, PLAIN, Judges()) == first
    starts = {prepare_clip(_clip(rainy), crop, PLAIN, Judges()).about["start"] for crop in range(3)}
    starts.add(prepare_clip(_clip(rainy), 0, replace(PLAIN, seed=1), Judges()).about["start"])
    assert len(starts) == 4


def test_judges_choose_the_frame_and_keep_what_agrees(rainy):
    def match(pictures, label):
        return np.arange(len(pictures))  # the last is the best

    judges = Judges(match, lambda picture: {"rain": 0.8, "dog": 0.2}, lambda sound: {"rain": 0.6, "dog": 0.4})
    about = prepare_clip(_clip(rainy), 0, PLAIN, judges).about
    assert about["frame"] == pytest.approx(about["start"] + 1.75) and about["score"] == 3
    assert (about["seen"], about["heard"]) == (("rain", 0.8), ("rain", 0.6))
    differing = replace(judges, hear=lambda sound: {"rain": 0.1, "dog": 0.9})
    assert _reason(_clip(rainy), PLAIN, differing) == (
        "disagreement: the picture shows rain (80%), the sound is dog (90%)"
    )
    prepare_clip(_clip(rainy), 0, replace(PLAIN, top=2), differing)


def test_every_kind_of_unfit_video_is_told_apart(vggsound):
    videos, _ = vggsound
    for name, about, expected in (
        ("still_000010", {}, r"still: no part of the picture changes by more than \d\.\d"),
        ("silent_000010", {}, "silent: -200 dB"),
        ("short_000010", {}, r"length: pictures and sound last 1\.\d\d s together, and 2 s are wanted"),
        ("long_000010", {"seconds": 10.0}, r"length: the video lasts 12\.\d\d s instead of 10 s"),
        ("mute_000010", {}, r"broken: mute_000010\.mp4: has no sound track"),
        ("cut_000010", {}, r"broken: cut_000010\.mp4: cannot be decoded"),
    ):
        reason = _reason(_clip(videos / f"{name}.mp4", **about))
        assert re.match(expected, reason), reason
    assert _reason(_clip(None)).startswith("missing:")


def test_a_clip_in_a_longer_video_stays_within_it(vggsound):
    whole = vggsound[0] / "rain2.mp4"
    for crop in range(4):
        about = prepare_clip(_clip(whole, start=4.0, seconds=10.0), crop, PLAIN, Judges()).about
        assert 4 <= about["start"] <= 10
    assert "length" in _reason(_clip(whole, start=11.0, seconds=10.0))


def test_settings_that_make_nothing_are_refused():
    with pytest.raises(ConfigError, match="seconds=0: nothing comes of that"):
        Preparation(seconds=0)
