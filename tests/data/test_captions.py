import pytest

from hearsight.data.captions import Caption, captions_in
from hearsight.errors import DataError


def test_a_text_file_has_one_caption_a_line(tmp_path):
    file = tmp_path / "captions.txt"
    file.write_text("\ufeffa red bird\n\n  a blue bird \n", encoding="utf-8")
    assert captions_in(file) == [
        Caption("000001", "a red bird", "000001"),
        Caption("000003", "a blue bird", "000003"),
    ]


@pytest.mark.parametrize("where", ["", "cub/"])
def test_folders_of_captions_know_their_classes_and_splits(tmp_path, where):
    root = tmp_path / where
    for label in ("001.Gull", "002.Tern"):
        (root / "text_c10" / label).mkdir(parents=True)
        (root / "text_c10" / label / "a_1.txt").write_text("one\ntwo\n")
    (root / "testclasses.txt").write_text("002.Tern\n")
    captions = captions_in(tmp_path)
    assert [one.name for one in captions] == [
        "001.Gull/a_1/00",
        "001.Gull/a_1/01",
        "002.Tern/a_1/00",
        "002.Tern/a_1/01",
    ]
    assert [one.split for one in captions] == ["train", "train", "held_out", "held_out"]
    assert captions == captions_in(root / "text_c10") and captions[3].text == "two" and captions[3].label == "002.Tern"


def test_nothing_to_say(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        captions_in(tmp_path / "none.txt")
    with pytest.raises(DataError, match="holds no captions"):
        captions_in(tmp_path)


def test_old_encodings_are_read(tmp_path):
    file = tmp_path / "captions.txt"
    file.write_bytes("a bird on a caf\xe9 table".encode("latin-1"))
    assert captions_in(file)[0].text == "a bird on a café table"
