from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.picture_views import PictureFiles, VariedPictures
from hearsight.data.pictures import Pictures
from hearsight.data.stratified import ClassFiles
from hearsight.encoders.clip_resnet import DEVIATION, MEAN, CLIPResNet, CLIPResNetConfig
from hearsight.errors import DataError

CLASSES = np.array([0, 2, 1, 2])


def test_varied_pictures_show_their_class_each_time_otherwise() -> None:
    pixels = np.zeros((3, 3, 16, 16), np.uint8)
    for number in range(3):
        pixels[number, number] = 200
    pictures = VariedPictures(Pictures(pixels, np.arange(3), ("r", "g", "b")))
    seen, again = (pictures.seen(CLASSES, np.random.default_rng(0)) for _ in range(2))
    assert torch.equal(seen, again) and not torch.equal(seen[1], seen[3])
    colours = seen * torch.tensor(DEVIATION)[:, None, None] + torch.tensor(MEAN)[:, None, None]
    assert colours.mean(dim=(2, 3)).argmax(dim=1).tolist() == CLASSES.tolist()


def test_files_are_seen_as_the_head_prepares_them(tmp_path: Path) -> None:
    head = CLIPResNet(CLIPResNetConfig(layers=(1, 1, 1, 1), width=8, size=32, head_width=32), 16)
    paths = []
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 255, (50, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"{number}.png")
        paths.append((tmp_path / f"{number}.png",))
    seen = PictureFiles(ClassFiles(tuple(paths), ("a", "b", "c")), head).seen(CLASSES, np.random.default_rng(0))
    assert seen.shape == (4, 3, 32, 32)
    assert torch.equal(seen[2], head.prepare(Image.open(tmp_path / "1.png")))


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.png").write_text("no picture")
    head = CLIPResNet(CLIPResNetConfig(layers=(1, 1, 1, 1), width=8, size=32, head_width=32), 16)
    files = PictureFiles(ClassFiles(((tmp_path / "odd.png",),), ("odd",)), head)
    with pytest.raises(DataError, match=r"odd\.png: not a readable picture"):
        files.seen(np.array([0]), np.random.default_rng(0))
