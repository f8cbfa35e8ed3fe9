import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_species import BEAK_COLOURS, PARTS
from hearsight.data.birds import Birds
from hearsight.data.opus import read_tags
from hearsight.data.voices import HELD_OUT
from hearsight.encoders.clip_resnet import CLIPResNetConfig
from hearsight.encoders.part_colours import PartColours, PartColoursConfig
from hearsight.evaluation.colour_obedience import Obedience, changes, measure, shares
from hearsight.systems.s2igan import S2IGAN, debug

BIRDS = Birds(count=6, held_out=3, sentences=10)


def test_one_word_is_changed() -> None:
    made = changes(BIRDS, 60)
    assert made == changes(BIRDS, 60) and made != changes(BIRDS, 60, seed=1)
    held_out = {one.number for one in BIRDS.species("held_out")}
    for change in made:
        before, after = (one.text.replace(",", "").split() for one in (change.before, change.after))
        different = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert {pair for pair in different if pair not in {("a", "an"), ("an", "a")}} == {(change.old, change.new)}
        assert change.before.species.number in held_out and change.manner.voice.partition("+")[2] in HELD_OUT
        named = {change.before.species.colour(part) for part in change.before.parts}
        assert change.new not in named or change.part == "beak"
        assert change.part != "beak" or change.new in BEAK_COLOURS
    assert {change.part for change in made} == set(PARTS)


def test_shares_of_colours() -> None:
    picture = Image.new("RGB", (10, 10), COLOURS["red"])
    picture.paste(COLOURS["blue"], (0, 0, 10, 3))
    found = shares(picture)
    assert found["red"] == 0.7 and found["blue"] == 0.3 and sum(found.values()) == pytest.approx(1)


@dataclass
class Obedient:
    """Paints the whole picture in the colour that was changed, if it hears rightly."""

    words: list[str]

    def __call__(self, path: Path, seed: int) -> list["Obedient"]:
        text = read_tags(path)[0].replace(",", "")
        self.image = Image.new("RGB", (32, 32), COLOURS[next(word for word in self.words if word in text.split())])
        return [self]


class Eye(PartColours):
    """Reads the colour of the first pixel, for every part."""

    def words(self, pictures):
        known = {colour: word for word, colour in COLOURS.items()}
        return [dict.fromkeys(PARTS, known[picture.getpixel((0, 0))]) for picture in pictures]


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_an_obedient_system_is_told_from_a_deaf_one(tmp_path: Path) -> None:
    reader = Eye(PartColoursConfig(PARTS, tuple(COLOURS), CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32), 16))
    changed = changes(BIRDS, 3)
    words = [changed[0].new, changed[0].old]
    obedient = measure(Obedient(words), changed[:1], reader, tmp_path)  # type: ignore[arg-type]
    assert obedient.followed.all() and obedient.kept.all() and obedient.pixels.all()
    deaf = measure(Obedient(words), [replace(changed[0], after=changed[0].before)], reader, tmp_path / "deaf")  # type: ignore[arg-type]
    assert deaf.kept.all() and not deaf.pixels.any()
    torch.manual_seed(0)
    found = measure(S2IGAN(debug()), changed[:1], PartColours(reader.config).eval(), tmp_path)
    (first, second), result = found.pictures[0], found.result(reader)
    assert first.size == second.size == (32, 32) and result.samples == 1 and result.value in (0.0, 1.0)
    spoken = sorted(path.name for path in tmp_path.glob("*.opus"))
    assert spoken == ["0000-after.opus", "0000-before.opus"]
    assert read_tags(tmp_path / "0000-before.opus")[1] == read_tags(tmp_path / "0000-after.opus")[1]


def test_numbers() -> None:
    made = changes(BIRDS, 4)
    picture = Image.new("RGB", (2, 2))
    followed = np.array([True, True, False, True])
    found = Obedience(made, followed, followed, ~followed, ((picture, picture),) * 4)
    result = found.result(PartColours(PartColoursConfig(PARTS, ("red",), CLIPResNetConfig((1, 1, 1, 1), 8, 32, 32), 4)))
    assert result.value == 0.75 and result.details["pixels follow"] == 0.25 and result.interval is not None
    assert result.interval[0] <= 0.75 <= result.interval[1]
    assert set(result.details["by part"]) == {change.part for change in made}
