"""Miniature folders in the layouts in which CUB and Oxford-102 are handed on."""

import pickle

import pytest

from hearsight.data.cub import read_cub
from hearsight.errors import DataError

GULL, TERN = "001.Gull/Gull_0001_7", "002.Tern/Tern_0001_9"


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def cub(tmp_path):
    """Pictures and boxes as published, captions as Reed has them; one picture without captions."""
    for number, key in enumerate((GULL, TERN, "001.Gull/Gull_0002_8"), start=1):
        write(tmp_path / "CUB_200_2011" / "images" / f"{key}.jpg")
        if number < 3:
            write(tmp_path / "text_c10" / f"{key}.txt", "a grey bird\nit flies\n")
    write(tmp_path / "CUB_200_2011" / "images.txt", f"1 {GULL}.jpg\n2 {TERN}.jpg\n3 001.Gull/Gull_0002_8.jpg\n")
    boxes = "1 60.0 27.0 325.0 304.0\n2 1.0 2.0 3.0 4.0\n3 5.0 6.0 7.0 8.0\n"
    write(tmp_path / "CUB_200_2011" / "bounding_boxes.txt", boxes)
    return tmp_path


def classes(folder):
    write(folder / "trainvalclasses.txt", "001.Gull\n")
    write(folder / "testclasses.txt", "002.Tern\n")


def test_reeds_captions_with_his_lists_of_classes(cub):
    classes(cub)
    gull, tern = read_cub(cub)
    assert (gull.key, gull.label, gull.split, gull.captions) == (GULL, "001.Gull", "train", ("a grey bird", "it flies"))
    assert gull.picture == cub / "CUB_200_2011" / "images" / f"{GULL}.jpg" and gull.box == (60, 27, 325, 304)
    assert (tern.key, tern.split, tern.box, tern.audio) == (TERN, "held_out", (1, 2, 3, 4), ())


def test_s2igans_speech_with_its_pickled_lists(cub):
    for name in ("1.wav", "0.wav"):
        write(cub / "CUB_200_2011" / "audio" / "001.Gull" / "Gull_0002_8" / name)
    for side, keys in (("train", [GULL, "001.Gull/Gull_0002_8"]), ("test", [TERN])):
        write(cub / side / "filenames.pickle")
        (cub / side / "filenames.pickle").write_bytes(pickle.dumps(keys))
    first, second, third = read_cub(cub)
    assert [one.split for one in (first, second, third)] == ["train", "train", "held_out"]
    assert [path.name for path in second.audio] == ["0.wav", "1.wav"] and second.captions == ()


def test_speech_may_lie_elsewhere(cub):
    classes(cub)
    write(cub / "speech" / TERN / "00.opus")
    gull, tern = read_cub(cub, cub / "speech")
    assert gull.audio == () and tern.audio == (cub / "speech" / TERN / "00.opus",)


def test_flowers_lie_in_one_folder(tmp_path):
    for number in ("00001", "05086"):
        write(tmp_path / "jpg" / f"image_{number}.jpg")
    write(tmp_path / "text_c10" / "class_00001" / "image_05086.txt", "a pink flower\n")
    write(tmp_path / "text_c10" / "class_00077" / "image_00001.txt", "a purple flower\n")
    write(tmp_path / "trainclasses.txt", "class_00077\n")
    write(tmp_path / "testclasses.txt", "class_00001\n")
    purple, pink = read_cub(tmp_path)
    assert (purple.key, purple.label, purple.split) == ("class_00077/image_00001", "class_00077", "train")
    assert pink.picture == tmp_path / "jpg" / "image_05086.jpg" and pink.box is None and pink.split == "held_out"

    for listed in (tmp_path / "trainclasses.txt", tmp_path / "testclasses.txt"):
        listed.unlink()
    for side, keys in (("train", ["jpg/image_00001"]), ("test", ["jpg/image_05086"])):
        write(tmp_path / side / "filenames.pickle")
        (tmp_path / side / "filenames.pickle").write_bytes(pickle.dumps(keys))
    assert read_cub(tmp_path) == [purple, pink]


def test_what_is_missing_is_named(cub, tmp_path):
    with pytest.raises(DataError, match=r"does not say what is held out; add trainvalclasses\.txt"):
        read_cub(cub)
    classes(cub)
    write(cub / "CUB_200_2011" / "bounding_boxes.txt", "1 60.0 27.0\n")
    with pytest.raises(DataError, match="line 1 has 3 columns instead of 5"):
        read_cub(cub)
    write(cub / "CUB_200_2011" / "bounding_boxes.txt", "9 60.0 27.0 325.0 304.0\n")
    with pytest.raises(DataError, match=r"does not fit images\.txt"):
        read_cub(cub)
    with pytest.raises(DataError, match="is no folder"):
        read_cub(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="has no folder of pictures"):
        read_cub(tmp_path / "empty")
    write(tmp_path / "bare" / "images" / "x.jpg")
    classes(tmp_path / "bare")
    with pytest.raises(DataError, match="holds nothing of this data set"):
        read_cub(tmp_path / "bare")
