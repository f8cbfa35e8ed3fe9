"""Colour words obeyed: one colour word of a spoken sentence is changed; does the colour of that part follow?

Wang et al.: "S2IGAN" (2020), Figure 3, as a number. A sentence about a species that training never saw is spoken by a
voice that it never heard, then said again by the same voice, at the same pace and pitch, with one colour word changed.
Both are drawn with the same noise. A reader that learnt from pictures alone (`encoders/part_colours.py`) says which
colour that part has:

    obeyed     in the picture of the changed sentence the part has the new colour
    pixels     an account without any network: of all pixels of the picture, the share that is nearest to the new
               colour rises, and that nearest to the old one falls

Which word is changed is left to chance among all that the sentence names, beak and tail not excepted; the new one is
none that the sentence says of another part, so that it cannot be found there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float
from PIL import Image

from hearsight.data.bird_colours import COLOURS, lab
from hearsight.data.bird_species import BEAK_COLOURS, PARTS, Part
from hearsight.data.bird_words import Description
from hearsight.data.birds import Birds
from hearsight.data.speaking import speak_as
from hearsight.data.voices import Engine, Espeak, Manner
from hearsight.encoders.part_colours import PartColours
from hearsight.evaluation import bootstrap
from hearsight.evaluation.feature_network import state_sha256
from hearsight.evaluation.result import Result
from hearsight.seeds import derive
from hearsight.systems.base import System

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Change:
    """A sentence, the same with one colour word changed, and how both are said."""

    before: Description
    """What is said first."""
    after: Description
    """What is said then."""
    part: Part
    """The part whose colour is changed."""
    manner: Manner
    """Who says both, and how."""

    @property
    def old(self) -> str:
        """The colour word before."""
        return self.before.species.colour(self.part)

    @property
    def new(self) -> str:
        """The colour word after."""
        return self.after.species.colour(self.part)


@dataclass(frozen=True, eq=False)
class Obedience:
    """What became of every change."""

    changes: tuple[Change, ...]
    """What was changed."""
    followed: Bool[np.ndarray, " change"]
    """Whether the reader found the new colour."""
    kept: Bool[np.ndarray, " change"]
    """Whether it had found the old one in the first picture."""
    pixels: Bool[np.ndarray, " change"]
    """Whether the share of pixels of the new colour rose and that of the old one fell."""
    pictures: tuple[tuple[Image.Image, Image.Image], ...]
    """The two pictures of every change."""

    def per_part(self) -> dict[str, float]:
        """Share of obeyed changes for every part."""
        parts = np.array([change.part for change in self.changes])
        return {part: float(self.followed[parts == part].mean()) for part in PARTS if (parts == part).any()}

    def result(self, reader: PartColours) -> Result:
        """As a report has it."""
        low, high = bootstrap.interval([self.followed.astype(float)])
        details = {
            "by part": self.per_part(),
            "old colour seen before the change": float(self.kept.mean()),
            "pixels follow": float(self.pixels.mean()),
        }
        return Result(
            "colour words obeyed",
            float(self.followed.mean()),
            "higher",
            len(self.changes),
            "reader of part colours (Birds in Miniature), resized to 64",
            state_sha256(reader),
            (low, high),
            details,
        )


def changes(birds: Birds, count: int = 200, seed: int = 0, engine: Engine | None = None) -> tuple[Change, ...]:
    """`count` changed sentences about the held-out species in turn, said by voices that training never hears."""
    engine, species = engine or Espeak(), birds.species("held_out")
    made = []
    for number in range(count):
        random = np.random.default_rng(derive(seed, "colour-obedience", number))
        said = birds.all_descriptions(species[number % len(species)])
        before = said[random.integers(len(said))]
        part = before.parts[random.integers(len(before.parts))]
        after = before.with_colour(part, str(random.choice(new_words(before, part))))
        made.append(Change(before, after, part, engine.manner("held_out", random)))
    return tuple(made)


def new_words(said: Description, part: Part) -> list[str]:
    """The colour words that a part could have instead: none that the sentence says of any part, if that can be."""
    taken = {said.species.colour(one) for one in said.parts}
    words = [word for word in (BEAK_COLOURS if part == "beak" else COLOURS) if word not in taken]
    # Where all four colours of beaks are named, it may take one of another part.
    return words or [word for word in BEAK_COLOURS if word != said.species.beak]


def measure(
    system: System,
    changed: Sequence[Change],
    reader: PartColours,
    speech: Path,
    *,
    engine: Engine | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Obedience:
    """Say, draw and read every change. Change n is drawn with the noise of `seed` + n, before and after.

    Args:
        speech: a folder for what is spoken; what is there already is not spoken again.
    """
    engine = engine or Espeak()
    followed, kept, pixels, pictures = [], [], [], []
    for number, change in enumerate(changed):
        sounds = [
            speak_as(one.text, change.manner, speech / f"{number:04}-{name}.opus", engine)
            for one, name in ((change.before, "before"), (change.after, "after"))
        ]
        first, second = (system(path, seed=seed + number)[0].image for path in sounds)
        read = reader.words([first, second])
        kept.append(read[0][change.part] == change.old)
        followed.append(read[1][change.part] == change.new)
        pixels.append(_pixels_follow(first, second, change))
        pictures.append((first, second))
        if progress:
            progress(number + 1, len(changed))
    return Obedience(tuple(changed), np.array(followed), np.array(kept), np.array(pixels), tuple(pictures))


def shares(picture: Image.Image) -> dict[str, float]:
    """How much of a picture is nearest to each colour word, by CIELAB."""
    seen = lab(np.asarray(picture.convert("RGB"), dtype=np.float64)).reshape(-1, 3)
    apart: Float[np.ndarray, "word pixel"] = np.stack(
        [np.square(seen - lab(np.array(colour, dtype=np.float64))).sum(axis=-1) for colour in COLOURS.values()]
    )
    counts = np.bincount(apart.argmin(axis=0), minlength=len(COLOURS)) / len(seen)
    return dict(zip(COLOURS, counts.tolist(), strict=True))


def _pixels_follow(first: Image.Image, second: Image.Image, change: Change) -> bool:
    before, after = shares(first), shares(second)
    return after[change.new] > before[change.new] and after[change.old] < before[change.old]
