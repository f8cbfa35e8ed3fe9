"""Which answers count: those of real trials, perhaps only of raters who passed every attention check."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hearsight.errors import DataError
from hearsight.evaluation.human.answers import Answer, Answers
from hearsight.evaluation.human.study import Study, Trial


@dataclass(frozen=True)
class Raters:
    """Who took part, by number."""

    invited: int
    """Everyone who has a link."""
    answered: tuple[int, ...]
    """Those who answered anything."""
    finished: tuple[int, ...]
    """Those who answered everything."""
    inattentive: tuple[int, ...]
    """Those who failed an attention check."""
    counted: tuple[int, ...]
    """Those whose answers the report counts."""


@dataclass(frozen=True, eq=False)
class Counted:
    """The answers that a report is made of, side by side."""

    raters: Raters
    """Who gave them."""
    trials: tuple[Trial, ...]
    """What each answers."""
    answers: tuple[Answer, ...]
    """What was said."""

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def rater(self) -> np.ndarray:
        """The rater's number of every answer."""
        return np.array([answer.rater for answer in self.answers], dtype=int)

    @property
    def item(self) -> np.ndarray:
        """A number of every answer's sound and label: what the study has a sample of."""
        names = [(trial.source, trial.label) for trial in self.trials]
        places = {name: place for place, name in enumerate(sorted(set(names)))}
        return np.array([places[name] for name in names], dtype=int)

    @property
    def unit(self) -> np.ndarray:
        """A number of every answer's trial: what raters agree about or not."""
        places = {name: place for place, name in enumerate(sorted({trial.name for trial in self.trials}))}
        return np.array([places[trial.name] for trial in self.trials], dtype=int)

    def where(self, keep: np.ndarray) -> "Counted":
        """The answers that a mask keeps."""
        places = np.flatnonzero(keep)
        return Counted(
            self.raters, tuple(self.trials[place] for place in places), tuple(self.answers[place] for place in places)
        )


def count(study: Study, answers: Answers, *, attentive_only: bool = False) -> Counted:
    """The answers to a study that hold now."""
    trials = {trial.name: trial for trial in study.trials}
    current = answers.current()
    people = answers.raters()
    given = Counter(answer.rater for answer in current)
    asked = [len(study.of_repetition(repetition)) for repetition in range(study.repetitions)]
    wrong = {one.rater for one in current if trials[one.trial].expected not in ("", one.meaning)}
    counted = [rater for rater in given if not (attentive_only and rater in wrong)]
    kept = [one for one in current if one.rater in counted and not trials[one.trial].expected]
    raters = Raters(
        invited=len(people),
        answered=tuple(sorted(given)),
        finished=tuple(one.number for one in people if given[one.number] >= asked[one.repetition]),
        inattentive=tuple(sorted(wrong)),
        counted=tuple(sorted(counted)),
    )
    return Counted(raters, tuple(trials[one.trial] for one in kept), tuple(kept))


def shortfall(study: Study, counted: Counted) -> str:
    """A clause on the trials that fewer raters judged than the study asks for; empty where none is short."""
    seen = Counter(trial.name for trial in counted.trials)
    judged = [trial.name for trial in study.trials if not trial.expected]
    short = [name for name in judged if seen[name] < study.raters]
    fewest = min((seen[name] for name in judged), default=0)
    if not short:
        return ""
    wanted = "no rater yet" if study.raters == 1 else f"fewer than {study.raters} raters (fewest: {fewest})"
    return f"{len(short)} of {len(judged)} trials have {wanted}"


def require_enough(study: Study, counted: Counted) -> None:
    """Raise DataError where `shortfall` says something."""
    short = shortfall(study, counted)
    if short:
        raise DataError(f"{short}; ask more people, or look at what there is with --preliminary.")
