from dataclasses import replace

import pytest
import yaml

from hearsight.errors import ConfigError, DataError
from hearsight.hub.card import Card, Source

CARD = Card(
    system="toy",
    title="Toy, pocket edition",
    summary="Hears beeps and draws dots: all of them.",
    data=(Source("ESC-10", "CC-BY 3.0", "K. J. Piczak | others", "https://example.org/esc"), Source("made-up", "MIT")),
    recipe="hearsight train pocket-toy",
    seed=0,
    machine="two cores",
    minutes=61.5,
    metrics={"adherence, fold 4": 0.93},
    limits="Silence.",
)


def test_a_written_card_reads_back(tmp_path):
    CARD.write(tmp_path / "README.md")
    assert Card.read(tmp_path / "README.md") == CARD


def test_what_a_card_shows_goes_with_it(tmp_path):
    card = replace(CARD, pictures={"dots.png": "Dots: of beeps"})
    with pytest.raises(ConfigError, match=r"dots\.png: the card shows it"):
        card.copy_pictures(tmp_path, tmp_path / "copy")
    (tmp_path / "dots.png").write_bytes(b"dots")
    card.copy_pictures(tmp_path, tmp_path / "copy")
    assert (tmp_path / "copy" / "dots.png").read_bytes() == b"dots"


def test_the_hub_finds_licence_and_tags_in_the_front_matter():
    front = yaml.safe_load(CARD.markdown().split("---\n")[1])
    assert (front["license"], front["library_name"]) == ("apache-2.0", "hearsight")
    assert {"hearsight", "toy", "audio-to-image"} <= set(front["tags"])


def test_the_text_names_sources_and_numbers():
    text = CARD.markdown().split("---\n", 2)[2]
    for line in (
        "| [ESC-10](https://example.org/esc) | CC-BY 3.0 | K. J. Piczak \\| others |",
        "| Minutes | 61.5 |",
        "0.93",
    ):
        assert line in text


def test_pictures_are_shown_with_what_they_show(tmp_path):
    card = Card("toy", "Toy", "Draws.", pictures={"dots.png": "Dots: four beeps, drawn."})
    assert "Draws.\n\n![Dots](dots.png)\n\nDots: four beeps, drawn.\n\n```python" in card.markdown()
    card.write(tmp_path / "README.md")
    assert Card.read(tmp_path / "README.md") == card


def test_empty_sections_are_left_out():
    assert "## Data" not in Card("toy", "Toy", "Draws.").markdown()


@pytest.mark.parametrize("text", ["# A README", "---\n- a\n---\n", "---\nlicense: mit\n---\n"])
def test_another_readme_is_no_card(tmp_path, text):
    (tmp_path / "README.md").write_text(text)
    with pytest.raises(DataError, match=r"README\.md"):
        Card.read(tmp_path / "README.md")


def test_a_mistyped_field_is_named(tmp_path):
    (tmp_path / "README.md").write_text("---\nhearsight: {system: a, title: b, summary: c, licens: mit}\n---\n")
    with pytest.raises(ConfigError, match="licence"):
        Card.read(tmp_path / "README.md")
