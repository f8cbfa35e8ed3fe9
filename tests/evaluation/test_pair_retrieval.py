import json
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight.data.pairs import Item, write_manifest
from hearsight.data.prepare import MANIFEST
from hearsight.encoders import brivl_image
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError, DataError, SoundError
from hearsight.evaluation.pair_retrieval import measure

COLOURS = ("red", "lime", "blue")


class Known(nn.Module):
    """A network whose answers are known: red, green and blue are the axes, and a loud channel is one of them."""

    class Config(NamedTuple):
        embed: int = 3

    def __init__(self) -> None:
        super().__init__()
        self.config, self.tokenizer = self.Config(), "knows three words"
        self.axes = nn.Parameter(torch.eye(3))

    def hear(self, sounds) -> Float[Tensor, "sound 3"]:
        return self._unit([torch.from_numpy(sound.samples).square().mean(dim=1) for sound in sounds])

    def see(self, pictures) -> Float[Tensor, "picture 3"]:
        return self._unit([torch.tensor(picture.getpixel((0, 0))).float() for picture in pictures])

    def read(self, texts) -> Float[Tensor, "text 3"]:
        return self._unit([torch.eye(3)[COLOURS.index(text)] for text in texts])

    @torch.no_grad()
    def _unit(self, rows) -> Float[Tensor, "thing 3"]:
        stacked = torch.stack(rows) @ self.axes if rows else self.axes[:0]
        return nn.functional.normalize(stacked, dim=-1)


@pytest.fixture
def space() -> SharedSpace:
    return SharedSpace.of(Known().eval())


def sound(path: Path, channel: int) -> None:
    samples = np.full((800, 3), 0.01)
    samples[:, channel] = 0.5
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, 8000)


def picture(path: Path, colour: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), colour).save(path)


@pytest.fixture
def data(tmp_path) -> Path:
    """Two sounds of every colour, one picture of each, and a second picture called red that is blue."""
    for channel, colour in enumerate(COLOURS):
        for number in range(2):
            sound(tmp_path / "sounds" / "held_out" / colour / f"{number}.wav", channel)
        picture(tmp_path / "pictures" / "held_out" / colour / "0.png", colour)
    picture(tmp_path / "pictures" / "held_out" / "red" / "1.png", "blue")
    return tmp_path


def test_every_direction_is_measured(space, data):
    found = {(one.query, one.candidate): one for one in measure(space, data)}
    kinds = ("sound", "picture", "text")
    assert set(found) == {(query, candidate) for query in kinds for candidate in kinds if query != candidate}
    shown = found["sound", "picture"]
    assert (len(shown.found.ranks), shown.candidates) == (6, 4)
    # Two red sounds: their red picture is first, the blue one last of four (tied with the true blue one). Two blue
    # ones: the false red is as near as the true blue, and counts first.
    assert shown.found.recall(1) == pytest.approx(4 / 6)
    assert shown.found.mean_average_precision == pytest.approx((2 * (1 + 2 / 4) / 2 + 2 * 1 + 2 * 1 / 2) / 6)
    heard = found["picture", "sound"].found
    assert heard.recall(1) == pytest.approx(3 / 4)
    assert found["sound", "text"].found.recall(1) == 1
    assert found["text", "picture"].found.recall(1) == pytest.approx(2 / 3)
    assert found["picture", "text"].candidates == 3


def test_only_the_split_that_was_asked_for(space, data):
    sound(data / "sounds" / "train" / "red" / "0.wav", 0)
    picture(data / "pictures" / "train" / "red" / "0.png", "red")
    assert {one.candidates for one in measure(space, data, split="train")} == {1}
    assert measure(space, data)[0].candidates == 4


def test_a_class_on_one_side_only_is_left_out(space, data):
    (data / "pictures" / "held_out" / "lime" / "0.png").unlink()
    found = {(one.query, one.candidate): one for one in measure(space, data)}
    assert len(found["sound", "picture"].found.ranks) == 4
    assert len(found["sound", "text"].found.ranks) == 6
    assert len(found["picture", "sound"].found.ranks) == 3


def test_pairs_by_group_have_no_names(space, tmp_path):
    items = []
    for channel, colour in enumerate(COLOURS):
        sound(tmp_path / f"{colour}.wav", channel)
        picture(tmp_path / f"{colour}.png", colour)
        items += [
            Item(f"{colour}.wav", "sound", "anything", "held_out", group=colour),
            Item(f"{colour}.png", "picture", "anything", "held_out", group=colour),
        ]
    write_manifest(tmp_path, items)
    found = measure(space, tmp_path, pairing="group")
    assert [(one.query, one.candidate) for one in found] == [("sound", "picture"), ("picture", "sound")]
    assert [one.found.recall(1) for one in found] == [1, 1]


def test_prepared_shards_are_measured_like_folders(space, tmp_path):
    """Two clips of one class in a shard: by label either is right, by group only the clip's own picture."""
    with tarfile.open(tmp_path / "held_out-000000.tar", "w") as shard:
        for number, colour in enumerate(("red", "blue")):
            name = f"{number:08}"
            sound(tmp_path / f"{name}.flac", COLOURS.index(colour))
            picture(tmp_path / f"{name}.jpg", colour)
            (tmp_path / f"{name}.json").write_text(json.dumps({"label": "colour", "clip": colour}))
            for suffix in ("flac", "jpg", "json"):
                shard.add(tmp_path / f"{name}.{suffix}", f"{name}.{suffix}")
    about = {"shards": [{"file": "held_out-000000.tar"}], "pairs": 2}
    (tmp_path / MANIFEST).write_text(json.dumps({"splits": {"held_out": about}}))
    by_group = measure(space, tmp_path, pairing="group")
    assert [one.found.recall(1) for one in by_group] == [1, 1]
    assert [one.found.mean_average_precision for one in by_group] == [1, 1]
    with pytest.raises(DataError, match="holds no train sound"):
        measure(space, tmp_path, split="train", pairing="group")


def test_what_cannot_be_measured(space, data):
    with pytest.raises(ConfigError, match="sound: cannot be embedded"):
        measure(SharedSpace.of(BriVLImage(brivl_image.debug()).eval()), data)
    with pytest.raises(DataError, match="holds no train sound"):
        measure(space, data, split="train")
    soundfile.write(data / "sounds" / "held_out" / "red" / "2.wav", np.zeros(800), 8000)
    with pytest.raises(SoundError, match=r"2\.wav"):
        measure(space, data)


def test_sounds_and_pictures_of_other_classes(space, tmp_path):
    sound(tmp_path / "sounds" / "held_out" / "red" / "0.wav", 0)
    picture(tmp_path / "pictures" / "held_out" / "blue" / "0.png", "blue")
    with pytest.raises(DataError, match="no sound shares its class with a picture"):
        measure(space, tmp_path)
