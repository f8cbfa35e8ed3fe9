"""What a system makes of spoken birds, to look at: a sentence in several voices, and one colour word changed at a time.

Wang et al.: "S2IGAN" (2020), Figures 2 and 3. The species are ones that training never saw, the voices ones that it
never heard. All pictures of a row are drawn with the same noise, so what differs was heard.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from hearsight.data.bird_colours import COLOURS
from hearsight.data.bird_species import PARTS
from hearsight.data.bird_words import Description
from hearsight.data.birds import Birds
from hearsight.data.speaking import speak_as
from hearsight.data.voices import HELD_OUT, Engine, Espeak, Manner
from hearsight.evaluation.colour_obedience import new_words
from hearsight.seeds import derive
from hearsight.sound import Sound
from hearsight.studio.contact_sheet import Tile, contact_sheet
from hearsight.systems.base import System

LINE = 26
"""Letters of a caption's line."""
CHANGES = 3
"""Colour words of every sentence of which one is changed at a time."""


@dataclass(frozen=True)
class Sheets:
    """Says sentences, has them drawn, and lays the pictures out."""

    system: System
    """Who draws."""
    speech: Path
    """A folder for what is spoken; what is there already is not spoken again."""
    birds: Birds
    """Whose held-out species are spoken of."""
    rows: int = 3
    """Sentences of a sheet, each about another species."""
    seed: int = 0
    """Seed of sentences, manners and noise."""
    engine: Engine = field(default_factory=Espeak)
    """Who speaks."""

    def voices(self) -> Image.Image:
        """A row per sentence, a column per held-out speaker, each in a random accent, at a random pace and pitch."""
        tiles = []
        for row, sentence in enumerate(self._sentences("voices")):
            for speaker in HELD_OUT:
                random = np.random.default_rng(derive(self.seed, "voices", row, speaker))
                manner = self.engine.manner("held_out", random)
                manner = replace(manner, voice=f"{manner.voice.partition('+')[0]}+{speaker}")
                tiles.append(self._tile(sentence.text, manner, row, [manner.voice, *_wrapped(sentence.text)]))
        return contact_sheet(tiles, columns=len(HELD_OUT))

    def changed_words(self) -> Image.Image:
        """A row per sentence: as it is, then with each of its colour words changed, in capitals, said by one voice."""
        tiles = []
        for row, sentence in enumerate(self._sentences("words")):
            random = np.random.default_rng(derive(self.seed, "changes", row))
            manner = self.engine.manner("held_out", random)
            parts = sorted(sentence.parts, key=lambda part: part != "body")  # in the order in which they are named
            changed = [sentence.with_colour(part, str(random.choice(new_words(sentence, part)))) for part in parts]
            for said in (sentence, *changed):
                tiles.append(self._tile(said.text, manner, row, _wrapped(_with_capitals(sentence.text, said.text))))
        return contact_sheet(tiles, columns=1 + CHANGES)

    def _sentences(self, what: str) -> list[Description]:
        """Sentences about different species, each naming the colours of `CHANGES` parts."""
        random = np.random.default_rng(derive(self.seed, "sheet", what))
        species = self.birds.species("held_out")
        sentences = []
        for number in random.permutation(len(species))[: self.rows]:
            said = self.birds.all_descriptions(species[number])
            parts = tuple(PARTS[place] for place in random.permutation(len(PARTS))[:CHANGES])
            sentences.append(replace(said[random.integers(len(said))], parts=parts))
        return sentences

    def _tile(self, text: str, manner: Manner, row: int, caption: Sequence[str]) -> Tile:
        name = f"{derive(text, str(manner), self.engine.name):016x}.opus"
        path = speak_as(text, manner, self.speech / name, self.engine)
        return Tile(Sound.read(path), [self.system(path, seed=self.seed + row)[0].image], "\n".join(caption))


def _with_capitals(before: str, after: str) -> str:
    """`after` with the colour words in capitals that `before` did not have there."""
    pairs = zip(before.split(), after.split(), strict=True)
    return " ".join(new.upper() if new != old and new.strip(",") in COLOURS else new for old, new in pairs)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, LINE)
