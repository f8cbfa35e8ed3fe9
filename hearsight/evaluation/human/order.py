"""Each rater's own order of trials and sides: chance, but the same chance whenever they come back."""

from dataclasses import dataclass

import numpy as np

from hearsight.evaluation.human.study import Candidate, Study, Trial


@dataclass(frozen=True)
class Turn:
    """A trial as one rater sees it."""

    trial: Trial
    """What is asked."""
    shown: tuple[Candidate, ...]
    """Its pictures from left to right."""

    def meaning(self, choice: str) -> str | None:
        """What a choice on the page says: `left`, `right`, `neither` or a number; None for no choice of this trial."""
        if len(self.shown) == 2 and choice in ("left", "right"):
            return self.shown[choice == "right"].meaning
        return choice if choice in self.trial.answers and choice not in self._meanings else None

    def choice(self, meaning: str) -> str:
        """The choice that says `meaning`: the inverse."""
        return ("left", "right")[self._meanings.index(meaning)] if meaning in self._meanings else meaning

    @property
    def _meanings(self) -> list[str]:
        return [one.meaning for one in self.shown]


def turns(study: Study, rater: int, repetition: int) -> list[Turn]:
    """The trials of rater number `rater` in their order.

    Each side holds the first picture of a trial equally often, as far as the number allows. An attention check never
    comes first: it would teach what checks look like before anybody could tire.
    """
    random = np.random.default_rng([study.seed, rater])
    trials = study.of_repetition(repetition)
    order = [trials[place] for place in random.permutation(len(trials))]
    first = next((place for place, trial in enumerate(order) if not trial.expected), 0)
    order[0], order[first] = order[first], order[0]
    swapped = random.permutation(np.arange(len(order)) % 2)
    return [
        Turn(trial, trial.candidates[::-1] if swap else trial.candidates)
        for trial, swap in zip(order, swapped, strict=True)
    ]
