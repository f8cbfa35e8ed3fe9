"""Do pictures show a trait of the speaker? StyleWav's experiment (section 7.2).

Two groups of sounds (voices of men and of women) are drawn by a system. Two prompts are put to CLIP ("this is a photo
of a boy", "... of a girl"), and the cosines of all pictures with both are compared by Welch's t-test. The paper's table
tests, for each group, whether its two prompts score differently. Its discussion also needs the other comparison,
whether the groups differ under one prompt. Both are given.

A system that is guided by the same CLIP pleases that CLIP more than another judge.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError
from hearsight.evaluation.clip_score import clip_scores
from hearsight.evaluation.welch import Welch, welch
from hearsight.picture import Picture
from hearsight.systems.base import System

PROMPTS = ("this is a photo of a boy", "this is a photo of a girl")
"""The paper's."""


@dataclass(frozen=True, eq=False)
class Traits:
    """CLIP scores of two groups of pictures with two prompts."""

    prompts: tuple[str, str]
    """What the pictures were compared with."""
    scores: Mapping[str, Float[np.ndarray, "picture prompt"]]
    """Cosines, by the name of the group."""

    def means(self, group: str) -> Float[np.ndarray, " prompt"]:
        """The paper's column: mean score of a group with each prompt."""
        return self.scores[group].mean(axis=0)

    def between_prompts(self, group: str) -> Welch:
        """The paper's test: do the prompts score differently in one group?"""
        return welch(self.scores[group][:, 0], self.scores[group][:, 1])

    def between_groups(self, prompt: int) -> Welch:
        """Do the groups score differently with one prompt?"""
        first, second = self.scores.values()
        return welch(first[:, prompt], second[:, prompt])


def measure(
    system: System,
    groups: Mapping[str, Sequence[Path]],
    judge: SharedSpace,
    *,
    prompts: tuple[str, str] = PROMPTS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    **settings: Any,
) -> tuple[Traits, dict[str, list[Picture]]]:
    """Draw one picture of every sound of two groups, all with the same `seed` as in the paper, and score them.

    `settings` go to the system. Raises ConfigError unless there are two groups and two prompts.
    """
    if len(groups) != 2 or len(prompts) != 2:
        raise ConfigError(f"{len(groups)} groups and {len(prompts)} prompts: the experiment compares two of each.")
    judge.embed("text", prompts)  # says before everything is drawn what the judge cannot read
    drawn: dict[str, list[Picture]] = {name: [] for name in groups}
    number = sum(map(len, groups.values()))
    for name, sounds in groups.items():
        for sound in sounds:
            drawn[name] += system(sound, seed=seed, **settings)
            if progress:
                progress(sum(map(len, drawn.values())), number)
    scores = {
        name: clip_scores(judge, [picture.image for picture in pictures], prompts) for name, pictures in drawn.items()
    }
    return Traits(prompts, scores), drawn
