"""Who speaks captions: many voices of espeak-ng, some of which training never hears."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from hearsight.data.pairs import Split
from hearsight.data.speech import MEN, WOMEN, Utterance, speak

ACCENTS = ("gmw/en", "en-us", "en-us-nyc", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029")
"""As espeak-ng names them. Its British English must be called by its file, as `en-gb+f3` silently ignores the f3."""
HELD_OUT = ("f4", "m5", "m8", "Annie", "linda", "david")
"""Speakers whom training never hears."""


@dataclass(frozen=True)
class Manner:
    """How one sentence is said."""

    voice: str
    """Who says it."""
    speed: int = 0
    """Words per minute; 0 where the engine decides."""
    pitch: int = 50
    """From 0 to 99; 50 is the voice's own."""
    seed: int = 0
    """Of an engine that says nothing twice in the same way."""

    def __str__(self) -> str:
        return f"{self.voice}, speed {self.speed}, pitch {self.pitch}, seed {self.seed}"


class Engine(Protocol):
    """Something that speaks. It is asked from several threads at once."""

    @property
    def name(self) -> str:
        """What it is called where its work is described."""

    def manner(self, split: Split, random: np.random.Generator) -> Manner:
        """A random manner of speaking; those of `held_out` have voices of their own, where there are enough."""

    def say(self, text: str, manner: Manner) -> tuple[Float[np.ndarray, " time"], int]:
        """(float32 mono samples in [-1, 1], rate in Hz). Raises SoundError for a text that it cannot say."""


@dataclass(frozen=True)
class Espeak:
    """espeak-ng, in any accent, at any pace, high or low."""

    speeds: tuple[int, int] = (120, 200)
    """Slowest and fastest, in words per minute."""
    pitches: tuple[int, int] = (25, 75)
    """Lowest and highest, from 0 to 99."""

    @property
    def name(self) -> str:
        """What it is called where its work is described."""
        return "espeak-ng"

    def manner(self, split: Split, random: np.random.Generator) -> Manner:
        """A random voice of a split, a random speed and pitch."""
        speakers = HELD_OUT if split == "held_out" else [one for one in MEN + WOMEN if one not in HELD_OUT]
        voice = f"{random.choice(ACCENTS)}+{random.choice(speakers)}"
        slow, fast = self.speeds
        low, high = self.pitches
        return Manner(voice, int(random.integers(slow, fast + 1)), int(random.integers(low, high + 1)))

    def say(self, text: str, manner: Manner) -> tuple[Float[np.ndarray, " time"], int]:
        """The sentence as samples, and their rate."""
        return speak(Utterance(text, manner.voice, manner.speed, manner.pitch))
