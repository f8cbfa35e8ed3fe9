import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.pictures import load_pictures
from hearsight.errors import DataError

COLOURS = {"blue": (0, 0, 255), "red": (255, 0, 0)}


@pytest.fixture
def folder(tmp_path):
    for label, colour in COLOURS.items():
        for number in range(2):
            path = tmp_path / "pictures" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 8), colour).save(path)
    return tmp_path


def caches(folder) -> list[str]:
    return sorted(path.name for path in (folder / ".cache").iterdir())


def test_pictures_classes_and_values(folder):
    pictures = load_pictures(folder, "train", 4)
    assert pictures.labels == ("blue", "red")
    assert pictures.classes.tolist() == [0, 0, 1, 1]
    assert pictures.pixels.shape == (4, 3, 4, 4) and pictures.pixels.dtype == np.uint8
    assert pictures.of_class(1).tolist() == [2, 3]
    values = pictures.batch(np.array([3, 0]))
    assert torch.equal(values[:, :, 2, 2], torch.tensor([[1.0, -1.0, -1.0], [-1.0, -1.0, 1.0]]))


def test_pictures_are_resized_by_area(tmp_path):
    (tmp_path / "pictures" / "grey").mkdir(parents=True)
    checks = (np.indices((8, 8)).sum(axis=0) % 2 * 200).astype(np.uint8)
    Image.fromarray(checks).save(tmp_path / "pictures" / "grey" / "0.png")
    assert (load_pictures(tmp_path, "train", 4).pixels == 100).all()


def test_the_cache_is_read_the_second_time(folder):
    before = np.array(load_pictures(folder, "train", 4).pixels)
    (name,) = caches(folder)
    np.save(folder / ".cache" / name, 255 - before)
    assert (load_pictures(folder, "train", 4).pixels == 255 - before).all()


def test_every_size_has_its_own_cache(folder):
    assert load_pictures(folder, "train", 4).pixels.shape[-1] == 4
    assert load_pictures(folder, "train", 2).pixels.shape[-1] == 2


def test_another_picture_of_the_same_name_is_seen(folder):
    load_pictures(folder, "train", 4)
    Image.new("RGB", (8, 8), (0, 255, 0)).save(folder / "pictures" / "red" / "1.png")
    assert load_pictures(folder, "train", 4).pixels[3, :, 0, 0].tolist() == [0, 255, 0]


def test_as_many_pictures_of_other_names_are_seen(folder):
    load_pictures(folder, "train", 4)
    for number in range(2):
        (folder / "pictures" / "red" / f"{number}.png").rename(folder / "pictures" / "blue" / f"{number + 2}.png")
    pictures = load_pictures(folder, "train", 4)
    assert pictures.labels == ("blue",)
    assert pictures.pixels[:, :, 0, 0].tolist() == [[0, 0, 255]] * 2 + [[255, 0, 0]] * 2


def test_a_broken_picture_is_named_and_leaves_no_cache(folder):
    (folder / "pictures" / "red" / "1.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"red/1\.png: not a readable picture"):
        load_pictures(folder, "train", 4)
    assert not (folder / ".cache").exists() or not caches(folder)


def test_a_split_without_pictures_is_an_error(folder):
    with pytest.raises(DataError, match="no held_out picture"):
        load_pictures(folder, "held_out", 4)
