import shutil
from pathlib import Path

import pytest

from hearsight.cli.saying import LONGEST_NAME, file_name, sayings


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a small red bird", "a_small_red_bird"),
        ("This Bird's belly: RED!", "this_bird_s_belly_red"),
        ("ein grüner Vogel", "ein_grüner_vogel"),
        ("../../etc/passwd", "etc_passwd"),
        ("!?", "sentence"),
    ],
)
def test_a_text_names_its_file(text, name):
    assert file_name(text) == name


def test_long_texts_are_cut_at_a_word_and_told_apart():
    one, other = (file_name(f"a bird with {'very ' * 30}{colour} wings") for colour in ("red", "blue"))
    assert one != other and one.startswith("a_bird_with_very_very_")
    assert max(len(one), len(other), len(file_name("x" * 500))) <= LONGEST_NAME + 7


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")
def test_sentences_are_said_once_each_into_files_of_their_own():
    said = sayings(["a red bird", " a  red bird ", "A red bird.", "a blue bird"], None, Path("out"))
    assert [one.text for one in said.values()] == ["a red bird", "A red bird.", "a blue bird"]
    assert len({path.name.casefold() for path in said}) == 3 and Path("out/a_blue_bird.opus") in said
    assert list(sayings(["a red bird"], "en-us+m1", Path("out"))) == [Path("out/a_red_bird_en_us_m1.opus")]
    assert list(sayings(["a red bird"], "en-us+m1", Path("out/bird.png"))) == [Path("out/bird.opus")]
    assert sayings(None, None, Path("out")) == {}
