"""What people said: the papers' tables, with intervals and agreement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from jaxtyping import Float

from hearsight.config import plain
from hearsight.errors import DataError
from hearsight.evaluation.human.agreement import Agreement, Level, agreement
from hearsight.evaluation.human.answers import Answers
from hearsight.evaluation.human.counted import Counted, Raters, count, require_enough, shortfall
from hearsight.evaluation.human.protocols import NEGATIVE, NEITHER, POSITIVE, SCALE, Kind
from hearsight.evaluation.human.resampling import crossed_interval
from hearsight.evaluation.human.study import Study

LEVELS: Mapping[Kind, tuple[Level, ...]] = {
    "match": ("nominal",),
    "relevance": ("ordinal", "interval"),
    "preference": ("nominal",),
}


@dataclass(frozen=True)
class Share:
    """How often one answer was given."""

    answer: str
    """The answer."""
    percent: float
    """Of all answers."""
    interval: tuple[float, float] | None
    """Where the percentage lies with 95 % confidence, given other raters and sounds."""
    repetitions: tuple[float, ...] = ()
    """The percentage of each repetition; WavBriVL's table shows the smallest and the largest."""


@dataclass(frozen=True)
class Shares:
    """A row of a table of percentages."""

    compared: tuple[str, ...]
    """The system that was judged, or the two that were compared."""
    answers: int
    """How many answers there are."""
    shares: tuple[Share, ...]
    """One for every answer that could be given."""


@dataclass(frozen=True)
class Relevance:
    """A row of AudioToken's comparison."""

    method: str
    """The system."""
    mean: float
    """Mean of all ratings, 1 to 5."""
    deviation: float
    """Standard deviation of all ratings (the paper does not say of what its own is taken)."""
    deviation_of_pictures: float
    """Standard deviation of the pictures' mean ratings."""
    interval: tuple[float, float] | None
    """Where the mean lies with 95 % confidence, given other raters and pictures."""
    pictures: int
    """How many pictures were rated."""
    ratings: int
    """How many ratings there are."""
    fewest_raters: int
    """How many rated the picture that fewest did."""


Rows = tuple[Shares, ...] | tuple[Relevance, ...]


@dataclass(frozen=True)
class HumanReport:
    """Everything that a study says."""

    kind: Kind
    """Its protocol."""
    title: str
    """What raters saw above it."""
    study_sha256: str
    """Hash of the study."""
    raters: Raters
    """Who took part."""
    short: str
    """What is missing to what the study asks for; empty where nothing is."""
    rows: Rows
    """The table."""
    agreement: tuple[Agreement, ...]
    """How far raters agree about a trial."""
    left: float | None
    """Share of choices of a picture that fell on the left one: far from one half, raters did not look."""
    seconds: float | None
    """Median time for an answer."""

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        content: dict[str, Any] = plain(self)
        return content


def report(
    study: Study, answers: Answers, *, attentive_only: bool = False, preliminary: bool = False, seed: int = 0
) -> HumanReport:
    """Count a study.

    Args:
        attentive_only: leave out who failed an attention check.
        preliminary: count also where trials have fewer raters than the study asks for.

    Raises DataError where they have and that was not allowed, and where nobody answered.
    """
    counted = count(study, answers, attentive_only=attentive_only)
    if not preliminary:
        require_enough(study, counted)
    if not len(counted):
        raise DataError("nobody has answered yet; start the page with hearsight study serve.")
    tables: dict[Kind, Callable[[Study, Counted, int], Rows]] = {
        "match": _match,
        "relevance": _relevance,
        "preference": _preference,
    }
    sides = [one.choice for one in counted.answers if one.choice in ("left", "right")]
    times = [one.seconds for one in counted.answers if one.seconds is not None]
    codes = {meaning: code for code, meaning in enumerate((*SCALE, POSITIVE, NEGATIVE, NEITHER, *study.methods))}
    said = np.array([codes[one.meaning] for one in counted.answers])
    return HumanReport(
        kind=study.kind,
        title=study.title,
        study_sha256=study.sha256(),
        raters=counted.raters,
        short=shortfall(study, counted),
        rows=tables[study.kind](study, counted, seed),
        agreement=tuple(agreement(said, counted.unit, level, seed=seed) for level in LEVELS[study.kind]),
        left=sides.count("left") / len(sides) if sides else None,
        seconds=float(np.median(times)) if times else None,
    )


def _match(study: Study, counted: Counted, seed: int) -> tuple[Shares, ...]:
    rows = []
    for method in study.methods:
        of_method = counted.where(np.array([trial.method == method for trial in counted.trials]))
        if len(of_method):
            rows.append(_shares(of_method, (method,), (POSITIVE, NEGATIVE, NEITHER), study.repetitions, seed))
    return tuple(rows)


def _preference(study: Study, counted: Counted, seed: int) -> tuple[Shares, ...]:
    rows = []
    for pair in combinations(study.methods, 2):
        meant = [set(pair) == {one.meaning for one in trial.candidates} for trial in counted.trials]
        of_pair = counted.where(np.array(meant))
        if len(of_pair):
            rows.append(_shares(of_pair, pair, (pair[0], pair[1], NEITHER), 1, seed))
    return tuple(rows)


def _shares(
    counted: Counted, compared: tuple[str, ...], possible: Sequence[str], repetitions: int, seed: int
) -> Shares:
    shares = []
    repetition = np.array([trial.repetition or 0 for trial in counted.trials])
    for answer in possible:
        given = np.array([100.0 * (one.meaning == answer) for one in counted.answers])
        each = [given[repetition == number] for number in range(repetitions)]
        shares.append(
            Share(
                answer=answer,
                percent=float(given.mean()),
                interval=crossed_interval(given, counted.rater, counted.item, seed=seed),
                repetitions=tuple(float(one.mean()) for one in each if len(one)) if repetitions > 1 else (),
            )
        )
    return Shares(compared, len(counted), tuple(shares))


def _relevance(study: Study, counted: Counted, seed: int) -> tuple[Relevance, ...]:
    rows = []
    for method in study.methods:
        of_method = counted.where(np.array([trial.method == method for trial in counted.trials]))
        if len(of_method):
            rows.append(_rated(method, of_method, seed))
    return tuple(rows)


def _rated(method: str, counted: Counted, seed: int) -> Relevance:
    ratings = np.array([float(one.meaning) for one in counted.answers])
    units = counted.unit
    pictures = [ratings[units == unit] for unit in np.unique(units)]
    return Relevance(
        method=method,
        mean=float(ratings.mean()),
        deviation=_deviation(ratings),
        deviation_of_pictures=_deviation(np.array([one.mean() for one in pictures])),
        interval=crossed_interval(ratings, counted.rater, units, seed=seed),
        pictures=len(pictures),
        ratings=len(ratings),
        fewest_raters=min(map(len, pictures)),
    )


def _deviation(values: Float[np.ndarray, " value"]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
