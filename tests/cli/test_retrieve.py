import json
import shutil

import pytest
from PIL import Image


@pytest.fixture
def place(sounds):
    """A folder with three sounds, two pictures and two texts."""
    (sounds / "silent.wav").unlink()
    for name in ("red", "blue"):
        Image.new("RGB", (40, 40), name).save(sounds / f"{name}.png")
    (sounds / "words.txt").write_text("a dog\nrain\n")
    return sounds


def ranked(hearsight, *arguments):
    code, out, err = hearsight("retrieve", *arguments, "--json")
    assert (code, err) == (0, ""), err
    return json.loads(out)


def test_a_sound_finds_pictures_and_texts(hearsight, place, system):
    found = ranked(hearsight, "sounds/a.wav", "--in", "sounds", "--with", system)
    assert (found["query"], found["kind"]) == ("sounds/a.wav", "sound")
    assert {kind: {name for name, _ in some} for kind, some in found["nearest"].items()} == {
        "picture": {"sounds/red.png", "sounds/blue.png"},
        "text": {"a dog", "rain"},
    }
    for some in found["nearest"].values():
        cosines = [cosine for _, cosine in some]
        assert cosines == sorted(cosines, reverse=True)


def test_every_way(hearsight, place, system):
    searched = ("--in", "sounds", "--with", system)
    assert set(ranked(hearsight, "sounds/red.png", *searched)["nearest"]) == {"sound", "text"}
    words = ranked(hearsight, "rain", "--text", *searched)
    assert (words["kind"], set(words["nearest"])) == ("text", {"sound", "picture"})
    only = ranked(hearsight, "rain", "--text", *searched, "--find", "sound", "--top", 2)
    assert {kind: len(some) for kind, some in only["nearest"].items()} == {"sound": 2}


def test_a_thing_is_nearest_to_itself(hearsight, place, system):
    for query, kind, name in (
        (["sounds/b.ogg"], "sound", "sounds/b.ogg"),
        (["sounds/blue.png"], "picture", "sounds/blue.png"),
        (["rain", "--text"], "text", "rain"),
    ):
        found = ranked(hearsight, *query, "--in", "sounds", "--find", kind, "--with", system)
        assert found["nearest"][kind][0] == [name, pytest.approx(1, abs=1e-4)]


def test_a_folder_of_the_querys_own_kind_is_searched_too(hearsight, place, system):
    (place / "only").mkdir()
    shutil.copy(place / "c.flac", place / "only")
    found = ranked(hearsight, "sounds/a.wav", "--in", "sounds/only", "--with", system)
    assert list(found["nearest"]) == ["sound"]


def test_what_was_embedded_before_gives_the_same(hearsight, place, system):
    for name in ("all.npz", "all.parquet"):
        assert hearsight("embed", "sounds", "--with", system, "--out", name)[0] == 0
        one, other = (ranked(hearsight, "sounds/a.wav", "--in", it, "--with", system) for it in ("sounds", name))
        assert one == other


def test_the_printed_list(hearsight, place, system):
    code, out, _ = hearsight("retrieve", "sounds/a.wav", "--in", "sounds", "--with", system, "--top", 1)
    first, second, third, fourth = out.splitlines()
    assert (code, first, third) == (0, "nearest pictures", "nearest texts")
    assert second.strip().endswith(".png")
    assert fourth.endswith(("a dog", "rain"))
    assert -1 <= float(second.split()[0]) <= 1


def test_a_broken_picture_is_told_and_the_others_are_ranked(hearsight, place, system):
    (place / "broken.png").write_text("no picture")
    code, out, err = hearsight("retrieve", "sounds/a.wav", "--in", "sounds", "--with", system)
    assert code == 2
    assert "red.png" in out and "blue.png" in out
    assert err.startswith("hearsight: sounds/broken.png: not a picture")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere.wav", "--in", "sounds"), "nowhere.wav: there is no such file; for words, add --text"),
        (("sounds/words.txt", "--in", "sounds"), "for words, use --text"),
        ((" ", "--text", "--in", "sounds"), "the query is empty"),
        (("sounds/a.wav", "--in", "nowhere"), "--in nowhere: there is no such folder"),
        (("sounds/a.wav", "--in", "sounds/words.txt"), "words.txt: embeddings are kept as .npz or .parquet"),
        (("sounds/a.wav", "--in", "sounds", "--find", "smell"), "'sound', 'picture', 'text'"),
        (("sounds/a.wav", "--in", "empty"), "there is no sound and no picture and no text in this folder"),
        (("sounds/a.wav", "--in", "few", "--find", "picture"), "few: holds no picture, only sounds"),
        (("far too many words for it", "--text", "--in", "sounds"), "shorten it"),
    ],
)
def test_a_mistake_is_one_line_and_code_2(hearsight, place, system, tmp_path, arguments, message):
    for name in ("empty", "few"):
        (tmp_path / name).mkdir()
    shutil.copy(place / "a.wav", tmp_path / "few")
    code, out, err = hearsight("retrieve", *arguments, "--with", system)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_what_another_network_embedded_is_refused(hearsight, place, system):
    assert hearsight("embed", "sounds/red.png", "--with", system, "--out", "all.npz")[0] == 0
    code, _, err = hearsight("retrieve", "sounds/a.wav", "--in", "all.npz")
    assert code == 2
    assert "these pictures were embedded by another network" in err
