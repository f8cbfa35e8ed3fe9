"""Scenes: composed pictures with captions, for a text-to-image model of the pocket classes.

A scene says what is there, how many, and on which ground; its caption says the same in words. Nothing is stored: scene
n is a function of (seed, n), drawn when asked for.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from hearsight.data.compose import pale_ground, scaled
from hearsight.data.pictogram import pictogram
from hearsight.data.subjects import SUBJECTS, Colour, Subject
from hearsight.data.words import name
from hearsight.seeds import derive

GROUNDS: dict[str, Colour] = {
    "white": (250, 250, 250),
    "grey": (150, 150, 152),
    "red": (214, 40, 40),
    "orange": (244, 140, 40),
    "yellow": (248, 214, 70),
    "green": (60, 160, 80),
    "blue": (40, 100, 210),
    "purple": (130, 70, 180),
    "pink": (246, 160, 190),
}
"""Plain grounds by the words for them; none so dark that a black silhouette would be lost on it."""
INKS: dict[str, Colour] = {
    "black": (26, 26, 30),
    "red": (190, 30, 40),
    "blue": (30, 60, 170),
    "green": (20, 110, 60),
    "purple": (110, 40, 140),
    "white": (250, 250, 250),
}
"""Colours in which digits are written, by the words for them."""
FRAMES = ("", "a picture of ", "a photo of ")
"""How a caption may begin."""
NUMBERS = {2: "two", 3: "three"}
UNCOUNTABLE = ("crackling_fire", "rain", "sea_waves")
"""Classes that come without an article, and never twice."""
IRREGULAR = {"crying_baby": "crying babies", "person_sneeze": "people sneezing"}
"""Plurals that do not end in s alone."""


@dataclass(frozen=True)
class Scene:
    """What a picture shows."""

    label: str
    """The class of its subject."""
    count: int = 1
    """How many of them: one, two or three."""
    ground: str | None = None
    """A word of `GROUNDS`; None is a pale gradient, which no caption mentions."""
    ink: str | None = None
    """A word of `INKS`, for digits only; None leaves the colour to chance."""
    frame: str = ""
    """How the caption begins."""
    bare: bool = False
    """Whether its subject is a bare word, with no article and no plural. A sound in a prompt is one: `two <sound>`."""

    @property
    def caption(self) -> str:
        """In words: `a dog`, `two roosters on a red background`, `a blue digit three`; bare: `two rooster`."""
        thing = _plural(self.label) if self.count > 1 and not self.bare else name(self.label)
        thing = f"{self.ink} {thing}" if self.ink else thing
        if self.count > 1:
            thing = f"{NUMBERS[self.count]} {thing}"
        elif self.label not in UNCOUNTABLE and not self.bare:
            thing = f"{article(thing)} {thing}"
        where = f" on {article(self.ground)} {self.ground} background" if self.ground else ""
        return f"{self.frame}{thing}{where}"


def draw(scene: Scene, pictograms: Path, random: np.random.Generator, size: int = 128) -> Image.Image:
    """The RGB picture of a scene, from the folder with one folder of pictograms for every class."""
    subject = _inked(SUBJECTS[scene.label], scene.ink)
    one = pictogram(subject, pictograms / scene.label, random)
    ground = plain_ground(scene.ground, random, size) if scene.ground else pale_ground(random, size)
    cell = size / scene.count
    drawn = scaled(one, random.uniform(0.76, 0.94) * min(cell * 1.15, size))
    for place in range(scene.count):
        x = cell * (place + 0.5) - drawn.width / 2 + random.uniform(-0.03, 0.03) * size
        y = random.uniform(0.25, 0.75) * (size - drawn.height)
        ground.paste(drawn, (round(x), round(y)), drawn)
    return ground


def plain_ground(word: str, random: np.random.Generator, size: int) -> Image.Image:
    """A ground of one colour, a little lighter or darker each time."""
    colour = np.array(GROUNDS[word]) + random.integers(-10, 11)
    return Image.new("RGB", (size, size), tuple(int(part) for part in colour.clip(0, 255)))


def any_scene(random: np.random.Generator) -> Scene:
    """A random scene: half of them a lone subject on a pale ground, as the pocket set has them."""
    label = list(SUBJECTS)[random.integers(len(SUBJECTS))]
    count = 1 if label in UNCOUNTABLE else int(random.choice([1, 2, 3], p=[0.75, 0.15, 0.1]))
    ground = str(random.choice(list(GROUNDS))) if random.random() < 0.5 else None
    inks = [ink for ink in INKS if ink != (ground or "white")]  # white would be lost on a pale ground
    ink = str(random.choice(inks)) if SUBJECTS[label].lettering and (ground or random.random() < 0.5) else None
    frame, bare = FRAMES[random.integers(len(FRAMES))], bool(random.random() < 0.5)
    return Scene(label, count, ground, ink, frame, bare)


@dataclass(frozen=True)
class Scenes:
    """An endless row of random scenes."""

    pairs: Path
    """The folder with `pictograms/`."""
    seed: int = 0
    """Another seed, other scenes."""
    size: int = 128
    """Side of a picture in pixels."""

    def scene(self, index: int) -> Scene:
        """Scene `index`."""
        return any_scene(self._random(index))

    def picture(self, index: int) -> Image.Image:
        """The picture of scene `index`."""
        random = self._random(index)
        return draw(any_scene(random), self.pairs / "pictograms", random, self.size)

    def _random(self, index: int) -> np.random.Generator:
        return np.random.default_rng(derive(self.seed, "scene", index))


def _inked(subject: Subject, ink: str | None) -> Subject:
    return replace(subject, tint=(INKS[ink],)) if ink else subject


def _plural(label: str) -> str:
    return IRREGULAR.get(label, f"{name(label)}s")


def article(word: str) -> str:
    """`a` or `an`, by its first letter."""
    return "an" if word[0] in "aeiou" else "a"
