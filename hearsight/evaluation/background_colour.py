"""Prompts obeyed: is the background of a picture as red as the words beside the sound say?

Of every picture the outermost eighth on each side is looked at, where a subject in the middle seldom reaches. A
pixel has the colour word that it is nearest to; a picture obeys if more than half of these pixels have the word's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from hearsight.data.scenes import GROUNDS, INKS, article
from hearsight.errors import ConfigError
from hearsight.evaluation import bootstrap
from hearsight.evaluation.drawing import Drawing
from hearsight.evaluation.held_out import sounds
from hearsight.generators.sound_prompt import SOUND
from hearsight.picture import Picture
from hearsight.systems.base import System

COLOURS = {**GROUNDS, "black": INKS["black"]}
"""The words that a pixel may have."""


@dataclass(frozen=True, eq=False)
class BackgroundColour:
    """How much of each background has the colour that was asked for."""

    word: str
    """The colour."""
    shares: Float[np.ndarray, " picture"]
    """Share of each picture's background, 0 to 1."""
    labels: tuple[str, ...]
    """What each picture was drawn of."""

    @property
    def obeyed(self) -> float:
        """Share of the pictures whose background has mostly this colour."""
        return float((self.shares > 0.5).mean())

    @property
    def per_class(self) -> dict[str, float]:
        """The same for every class."""
        labels = np.array(self.labels)
        return {label: float((self.shares[labels == label] > 0.5).mean()) for label in sorted(set(self.labels))}

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Bootstrap confidence interval of `obeyed` over pictures."""
        return bootstrap.interval([(self.shares > 0.5).astype(float)], level=level)


def share_of(picture: Image.Image, word: str) -> float:
    """How much of the background of a picture is nearer to `word` than to any other colour. See `COLOURS`."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float32)
    seen = pixels[_background(*pixels.shape[:2])]  # [pixel, 3]
    distances = np.stack([np.square(seen - np.array(colour)).sum(axis=1) for colour in COLOURS.values()])
    return float((distances.argmin(axis=0) == list(COLOURS).index(word)).mean())


def measure(
    system: System,
    data: Path,
    word: str = "red",
    *,
    prompt: str | None = None,
    sounds_per_class: int | None = None,
    pictures_per_sound: int = 1,
    seed: int = 0,
    topline: bool = False,
    progress: Callable[[int, int], None] | None = None,
    **settings: Any,
) -> tuple[BackgroundColour, list[Picture]]:
    """Draw held-out sounds "on a red background" and look at the background; seeds and topline as in `adherence`.

    Args:
        word: the colour, one of `COLOURS`.
        prompt: what is said instead of "<sound> on a red background"; the colour should be in it.

    Raises ConfigError for a word without a colour, or a system that takes no prompt.
    """
    if word not in COLOURS:
        raise ConfigError(f"colour={word!r}: no colour is known by this word; take one of {', '.join(COLOURS)}.")
    said = system.settings(**settings, prompt=prompt or f"{SOUND} on {article(word)} {word} background")
    heard, drawing = sounds(data, sounds_per_class), Drawing(data, pictures_per_sound, seed, topline)
    pictures: list[Picture] = []
    for sound in heard:
        pictures += drawing.draw(system, sound, drawing.seeds(sound), said)
        if progress:
            progress(len(pictures), len(heard) * pictures_per_sound)
    labels = [sound.label for sound in heard for _ in range(pictures_per_sound)]
    return judge([picture.image for picture in pictures], word, labels), pictures


def judge(pictures: Sequence[Image.Image], word: str, labels: Sequence[str]) -> BackgroundColour:
    """Look at the backgrounds of pictures of what `labels` say."""
    return BackgroundColour(word, np.array([share_of(picture, word) for picture in pictures]), tuple(labels))


def _background(height: int, width: int) -> Bool[np.ndarray, "height width"]:
    """True on the outermost eighth of each side."""
    inside = np.zeros((height, width), dtype=bool)
    inside[height // 8 : height - height // 8, width // 8 : width - width // 8] = True
    return ~inside
