import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.bird_colours import COLOURS
from hearsight.data.birds import Birds
from hearsight.data.opus import read_tags
from hearsight.data.voices import HELD_OUT
from hearsight.studio import bird_sheets
from hearsight.studio.bird_sheets import CHANGES, Sheets
from hearsight.studio.contact_sheet import Tile
from hearsight.systems.s2igan import S2IGAN, debug

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")
BIRDS = Birds(count=6, held_out=3, sentences=10)


@pytest.fixture(scope="module")
def system() -> S2IGAN:
    torch.manual_seed(0)
    return S2IGAN(debug())


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> list[Tile]:
    """The tiles of the sheets that are made."""
    made: list[Tile] = []
    real = bird_sheets.contact_sheet

    def noting(tiles: list[Tile], columns: int) -> Image.Image:
        made.extend(tiles)
        return real(tiles, columns=columns)

    monkeypatch.setattr(bird_sheets, "contact_sheet", noting)
    return made


def test_a_sentence_in_every_voice_that_training_never_heard(system, laid_out, tmp_path):
    sheet = Sheets(system, tmp_path, BIRDS, rows=2).voices()
    assert len(laid_out) == 2 * len(HELD_OUT) and sheet.width > sheet.height
    for row in (laid_out[: len(HELD_OUT)], laid_out[len(HELD_OUT) :]):
        captions = [tile.caption.split("\n", 1) for tile in row]
        assert [voice.partition("+")[2] for voice, _ in captions] == list(HELD_OUT)
        assert len({text for _, text in captions}) == 1  # one sentence
        assert len({tile.sound.sha256() for tile in row}) == len(HELD_OUT)
        assert len({tile.pictures[0].tobytes() for tile in row}) == len(HELD_OUT)
    assert laid_out[0].caption.split("\n", 1)[1] != laid_out[-1].caption.split("\n", 1)[1]


def test_one_colour_word_is_changed_at_a_time_and_the_voice_is_not(system, laid_out, tmp_path):
    Sheets(system, tmp_path, BIRDS, rows=2).changed_words()
    assert len(laid_out) == 2 * (1 + CHANGES)
    said = {text: how for text, how, _ in map(read_tags, tmp_path.glob("*.opus"))}
    for first in (0, 1 + CHANGES):
        before, *changed = (tile.caption.split() for tile in laid_out[first : first + 1 + CHANGES])
        assert " ".join(before) in said
        for words in changed:
            capitals = [word.strip(",") for word in words if word.isupper() or word.strip(",").isupper()]
            assert len(capitals) == 1 and capitals[0].lower() in COLOURS
            assert capitals[0].lower() not in [word.strip(",") for word in before]
            assert said[" ".join(words).lower()] == said[" ".join(before)]
        assert len({tuple(words) for words in changed}) == CHANGES


def test_pictures_of_a_row_have_one_noise(tmp_path):
    seeds = []

    class Noting(S2IGAN):
        def __call__(self, sounds, **settings):
            seeds.append(settings["seed"])
            return super().__call__(sounds, **settings)

    torch.manual_seed(0)
    Sheets(Noting(debug()), tmp_path, BIRDS, rows=2, seed=5).changed_words()
    assert seeds == [5] * (1 + CHANGES) + [6] * (1 + CHANGES)


def test_sheets_are_the_same_every_time_and_nothing_is_said_twice(system, tmp_path):
    one = Sheets(system, tmp_path, BIRDS, rows=1).changed_words()
    times = {path: path.stat().st_mtime_ns for path in Path(tmp_path).glob("*.opus")}
    two = Sheets(system, tmp_path, BIRDS, rows=1).changed_words()
    assert np.array_equal(np.asarray(one), np.asarray(two)) and len(times) == 1 + CHANGES
    assert times == {path: path.stat().st_mtime_ns for path in Path(tmp_path).glob("*.opus")}
