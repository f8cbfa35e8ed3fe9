from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from hearsight.data.pairs import Item, write_manifest
from hearsight.data.token_pairs import SoundsWithPictures, TokenBatches
from hearsight.errors import DataError


@dataclass(frozen=True)
class Numbers:
    """Encodings that say which row was asked for."""

    def row(self, name: str, index: int, *place: int) -> Tensor:
        return torch.tensor([index, *place])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three sounds and three pictures of each class; number n of a sound is of one video with number n of a picture.
    A class is held out, and another has no pictures. The files are never opened."""
    rows = [
        Item(f"{label}{number}.{suffix}", kind, label, group=f"{label}{number}")
        for label in ("high", "low")
        for number in range(3)
        for kind, suffix in (("sound", "wav"), ("picture", "png"))
    ]
    held_out = [Item("odd.wav", "sound", "odd", "held_out"), Item("odd.png", "picture", "odd", "held_out")]
    write_manifest(tmp_path, [*rows, *held_out, Item("unseen.wav", "sound", "unseen", group="unseen")])
    return tmp_path


def test_a_sound_is_shown_with_its_class_or_with_its_own_video(data: Path) -> None:
    by_label = SoundsWithPictures.find(data, "label")
    own = SoundsWithPictures.find(data, "group")
    assert by_label.labels == own.labels == ("high", "low")
    assert len(own.sounds) == 6 and by_label.classes.tolist() == own.classes.tolist() == [0, 0, 0, 1, 1, 1]
    for number, sound in enumerate(own.sounds):
        assert [own.pictures[picture] for picture in own.shown[number]] == [sound.replace(".wav", ".png")]
        assert {own.pictures[picture][:-5] for picture in by_label.shown[number]} == {sound[:-5]}
        assert len(by_label.shown[number]) == 3


def test_a_few_pictures_of_each_class_may_do(data: Path) -> None:
    few = SoundsWithPictures.find(data, "label", 2)
    assert few.pictures == ("high0.png", "high1.png", "low0.png", "low1.png") and len(few.sounds) == 6
    assert {tuple(shown) for shown in few.shown} == {(0, 1), (2, 3)}


def test_sounds_without_pictures(tmp_path: Path) -> None:
    write_manifest(tmp_path, [Item("a.wav", "sound", "a"), Item("b.png", "picture", "b")])
    with pytest.raises(DataError, match="no sound shares its label with a picture"):
        SoundsWithPictures.find(tmp_path, "label")


def test_every_class_comes_up_equally_often_and_each_sound_with_a_picture_of_its_own(data: Path) -> None:
    found = SoundsWithPictures.find(data, "group")
    batches = TokenBatches(found, Numbers(), Numbers(), views=4, size=6, seed=1)
    rows = [batches.batch(number) for number in range(50)]
    sounds, views = torch.cat([row["features"] for row in rows]).unbind(dim=1)
    labels, pictures = torch.cat([row["label"] for row in rows]), torch.cat([row["mean"] for row in rows])[:, 0]
    assert all(torch.equal(row["mean"], row["std"]) for row in rows)
    assert all(row["label"].sum() == 3 for row in rows)
    np.testing.assert_array_equal(found.classes[sounds.numpy()], labels)
    assert torch.equal(pictures, sounds)  # by group, the n-th picture is the n-th sound's
    assert set(views.tolist()) == set(range(4)) and set(sounds.tolist()) == set(range(6))


def test_a_batch_is_a_function_of_seed_and_number(data: Path) -> None:
    found = SoundsWithPictures.find(data)
    first, again, other = (TokenBatches(found, Numbers(), Numbers(), 4, 6, seed) for seed in (1, 1, 2))
    assert all(torch.equal(value, again.batch(3)[name]) for name, value in first.batch(3).items())
    assert not torch.equal(first.batch(3)["features"], first.batch(4)["features"])
    assert not torch.equal(first.batch(3)["features"], other.batch(3)["features"])
