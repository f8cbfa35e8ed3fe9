from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.cub import read_cub
from hearsight.data.described import Described
from hearsight.data.spoken_files import SpokenFiles
from hearsight.encoders import speech
from hearsight.encoders.speech import SpeechEncoder
from hearsight.errors import DataError
from hearsight.pixels import colours
from hearsight.sound.sound import Sound


def described(folder: Path) -> tuple[Described, ...]:
    return tuple(one for one in read_cub(folder / "cub", folder / "speech") if one.split == "train")


def test_pictures_and_sentences_belong_together(spoken_cub: Path) -> None:
    every = described(spoken_cub)
    source = SpokenFiles(every, speech.debug(), 32)
    assert source.varied and source.spoken == 60 and len(source.labels) == 3
    for label, name in enumerate(source.labels):
        assert [every[picture].label for picture in source.of_class(label)] == [name, name]
    assert [number for picture in range(6) for number in source.sentences(picture)] == list(range(60))
    sentence = source.sentences(4)[3]
    heard = SpeechEncoder(speech.debug()).spectrogram(Sound.read(every[4].audio[3]))
    torch.testing.assert_close(source.spectrogram(sentence), heard)


def test_pictures_are_cut_at_random_and_by_their_box(spoken_cub: Path) -> None:
    every = described(spoken_cub)
    whole = SpokenFiles(every, speech.debug(), 32)
    one, again, other = (whole.colours(0, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one.shape == (3, 32, 32) and one.dtype == torch.uint8
    assert torch.equal(one, again) and not torch.equal(one, other)

    boxed = replace(every[0], box=(4, 4, 20, 16))  # a square from x = 0 to 29, from y = 0 to 27
    left, top, right, bottom = boxed.crop(40, 40)
    with Image.open(boxed.picture) as opened:
        part = opened.convert("RGB").crop((left, top, right, bottom)).resize((38 * 29 // 27, 38), 2)
    square = SpokenFiles((boxed,), speech.debug(), 32).colours(0, np.random.default_rng(0))
    windows = colours(part).unfold(1, 32, 1).unfold(2, 32, 1).permute(1, 2, 0, 3, 4).flatten(0, 1)
    assert any(bool((windows == way).flatten(1).all(dim=1).any()) for way in (square, square.flip(-1)))


def test_the_stamp_follows_the_speech(spoken_cub: Path) -> None:
    every = described(spoken_cub)
    stamps = {SpokenFiles(some, speech.debug(), 32).stamp for some in (every, every[1:], every[::-1])}
    assert len(stamps) == 3 and SpokenFiles(every, speech.debug(), 64).stamp in stamps


def test_a_broken_picture_is_named(spoken_cub: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    source = SpokenFiles((replace(described(spoken_cub)[0], picture=tmp_path / "broken.jpg"),), speech.debug(), 32)
    with pytest.raises(DataError, match=r"broken\.jpg: not a readable picture"):
        source.colours(0, np.random.default_rng(0))
