"""Pictures as the codes of a VQGAN, cached."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.pairs import Item, write_manifest
from hearsight.data.picture_codes import picture_codes
from hearsight.data.pictures import load_pictures
from hearsight.errors import DataError
from hearsight.generators import vqgan
from hearsight.generators.vqgan import VQGAN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    random, items = np.random.default_rng(0), []
    for number in range(5):
        name = f"{number}.png"
        Image.fromarray(random.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(tmp_path / name)
        items.append(Item(name, "picture", "noise", split="train" if number < 3 else "held_out"))
    write_manifest(tmp_path, items)
    return tmp_path


def network(seed: int = 0) -> VQGAN:
    torch.manual_seed(seed)
    network = VQGAN(vqgan.debug()).eval().requires_grad_(False)
    torch.nn.init.normal_(network.codebook)
    return network


def caches(folder: Path) -> list[Path]:
    return sorted((folder / ".cache").glob("codes-*"))


def test_the_codes_are_those_of_the_encoder(folder: Path) -> None:
    codes = picture_codes(network(), folder, "train")
    pixels = load_pictures(folder, "train", 16).batch(np.arange(3))
    assert codes.dtype == torch.long and torch.equal(codes, network().nearest(network().encode(pixels)))
    assert len(picture_codes(network(), folder, "held_out")) == 2


def test_they_are_made_once_for_each_network_and_state_of_the_folder(folder: Path) -> None:
    first = picture_codes(network(), folder, "train")
    (cache,) = caches(folder)
    np.save(cache, 1 + first.numpy())  # whatever lies there is taken
    assert torch.equal(picture_codes(network(), folder, "train"), 1 + first)
    picture_codes(network(1), folder, "train")
    assert len(caches(folder)) == 2
    Image.new("RGB", (16, 16), "red").save(folder / "1.png")
    assert not torch.equal(picture_codes(network(), folder, "train"), 1 + first)
    assert len(caches(folder)) == 3


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    write_manifest(tmp_path, [Item("sound.wav", "sound", "noise")])
    with pytest.raises(DataError):
        picture_codes(network(), tmp_path, "train")
