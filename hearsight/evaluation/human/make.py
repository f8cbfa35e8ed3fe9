"""Making a study: which picture is shown beside which, by chance from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np

from hearsight.errors import ConfigError, DataError
from hearsight.evaluation.human import checks
from hearsight.evaluation.human.media import Media
from hearsight.evaluation.human.protocols import NEGATIVE, NEITHER, POSITIVE, PROTOCOLS, SCALE, Kind
from hearsight.evaluation.human.sources import Drawn
from hearsight.evaluation.human.study import Candidate, Study, Trial

TITLES: dict[Kind, str] = {
    "match": "Sounds and pictures",
    "relevance": "Words and pictures",
    "preference": "Sounds and pictures",
}
NAMED = 3
"""How many of the things that are wrong a message names."""


@dataclass(frozen=True)
class Plan:
    """What is asked, and of how much. None: what the protocol says."""

    kind: Kind
    """The protocol."""
    count: int | None = None
    """Sounds to judge of every system; None where the protocol does not say either: all of them."""
    raters: int | None = None
    """The fewest raters that every picture needs."""
    repetitions: int | None = None
    """How often the experiment is made."""
    checks: int = 2
    """Attention checks that every rater is given."""
    title: str = ""
    """What raters see above it; by default a few plain words."""
    longest: float = 30.0
    """Seconds of a sound that are played."""
    seed: int = 0
    """Seed of every choice."""


def make(plan: Plan, drawn: Sequence[Drawn], folder: Path) -> Study:
    """Make a study of these pictures in a new folder.

    Raises DataError, before anything is written, where pictures, labels or sounds are missing, and ConfigError where
    the folder is in use.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"--out {folder}: is there already; a study is made in a new folder, so that none is lost.")
    protocol = PROTOCOLS[plan.kind]
    methods = tuple(sorted({one.method for one in drawn}))
    repetitions = plan.repetitions or protocol.repetitions
    if protocol.repetitions == 1 != repetitions:
        raise ConfigError(f"--repetitions {repetitions}: only match is made several times over; leave it out.")
    random = np.random.default_rng(plan.seed)
    drafts = {"match": _match, "relevance": _relevance, "preference": _preference}[plan.kind](
        drawn, plan.count or protocol.count, repetitions, random
    )
    media = Media(folder, longest=plan.longest)
    trials = [_trial(draft, f"{number:04}", media, protocol.hears) for number, draft in enumerate(drafts, start=1)]
    made = Study(
        kind=plan.kind,
        title=plan.title or TITLES[plan.kind],
        seed=plan.seed,
        methods=methods,
        repetitions=repetitions,
        raters=plan.raters or protocol.raters,
        trials=(*trials, *_checks(plan, trials, media, random)),
    )
    made.save(folder)
    return made


@dataclass(frozen=True)
class _Draft:
    """A trial before its files are copied: its pictures with what choosing each means."""

    pictures: tuple[tuple[Drawn, str], ...]
    method: str = ""
    repetition: int | None = None


def _match(drawn: Sequence[Drawn], count: int | None, repetitions: int, random: np.random.Generator) -> list[_Draft]:
    """WavBriVL, section 4.2: the picture of a sound beside one of a sound of another class, by the same system."""
    _require_labels(drawn, "the other picture is of another class")
    _require_sounds(drawn)
    drafts = []
    for method, of_sound in _by_sound(drawn).items():
        if len({one.label for pictures in of_sound.values() for one in pictures}) < 2:
            raise DataError(f"{method}: all its pictures are of one class; two are needed to show a wrong one.")
        chosen = _sample(list(of_sound), count, random, method)
        for repetition in range(repetitions):
            for identity in chosen:
                own = _one(of_sound[identity], random)
                others = [one for some in of_sound.values() for one in some if one.label != own.label]
                pictures = ((own, POSITIVE), (_one(others, random), NEGATIVE))
                drafts.append(_Draft(pictures, method, repetition))
    return drafts


def _relevance(
    drawn: Sequence[Drawn], count: int | None, repetitions: int, random: np.random.Generator
) -> list[_Draft]:
    """AudioToken, sections 2.2 and 3: pictures of a random few sounds, the same for every system where that can be."""
    _require_labels(drawn, "raters are asked how well they are shown")
    by_sound = _by_sound(drawn)
    shared = set.intersection(*(set(of_sound) for of_sound in by_sound.values()))
    common = _sample(sorted(shared), count, random, "") if len(shared) >= (count or 1) else None
    return [
        _Draft(((_one(of_sound[identity], random), ""),), method)
        for method, of_sound in by_sound.items()
        for identity in common or _sample(list(of_sound), count, random, method)
    ]


def _preference(
    drawn: Sequence[Drawn], count: int | None, repetitions: int, random: np.random.Generator
) -> list[_Draft]:
    """Every two systems side by side, for every sound."""
    _require_sounds(drawn)
    by_sound = _by_sound(drawn)
    if len(by_sound) < 2:
        raise DataError(f"{next(iter(by_sound))}: is one system, and two are compared; give NAME=FOLDER for each.")
    if NEITHER in by_sound:
        raise ConfigError(f"--pictures {NEITHER}=…: that is an answer of raters; call the system something else.")
    names = {one.identity: one.name for one in drawn}
    for method, of_sound in by_sound.items():
        missing = [names[identity] for identity in names if identity not in of_sound]
        if missing:
            raise DataError(f"{method}: has no picture of {_few(missing)}; every system must draw the same sounds.")
    return [
        _Draft(tuple((_one(by_sound[method][identity], random), method) for method in pair))
        for identity in _sample(list(names), count, random, "these systems")
        for pair in combinations(by_sound, 2)
    ]


def _trial(draft: _Draft, name: str, media: Media, hears: bool) -> Trial:
    own = draft.pictures[0][0]
    return Trial(
        name=name,
        candidates=tuple(Candidate(media.picture(one.picture), meaning) for one, meaning in draft.pictures),
        method=draft.method,
        sound=media.sound(own.sound) if hears and own.sound else "",
        label=own.label,
        source=own.name,
        repetition=draft.repetition,
    )


def _checks(plan: Plan, trials: Sequence[Trial], media: Media, random: np.random.Generator) -> list[Trial]:
    """Attention checks that look like the trials around them until one looks at the pictures."""
    made = []
    for number in range(1, plan.checks + 1):
        like = trials[int(random.integers(len(trials)))]
        check = replace(like, name=f"check{number}", method="", source="", repetition=None)
        if plan.kind == "relevance":
            expected = str(random.choice(SCALE))
            made.append(
                replace(check, candidates=(Candidate(media.image(checks.rate_this(expected))),), expected=expected)
            )
        else:
            pair = (
                Candidate(media.image(checks.choose_this()), checks.RIGHT),
                Candidate(media.image(checks.choose_other()), checks.WRONG),
            )
            made.append(replace(check, candidates=pair, expected=checks.RIGHT))
    return made


def _by_sound(drawn: Sequence[Drawn]) -> dict[str, dict[str, list[Drawn]]]:
    """The pictures of every system (in alphabetical order) and, in that, of every sound."""
    grouped: dict[str, dict[str, list[Drawn]]] = {method: {} for method in sorted({one.method for one in drawn})}
    for one in drawn:
        grouped[one.method].setdefault(one.identity, []).append(one)
    return grouped


def _sample(identities: list[str], count: int | None, random: np.random.Generator, method: str) -> list[str]:
    if count is None:
        return identities
    if count > len(identities):
        raise DataError(
            f"{method}: drew {len(identities)} sounds, and the study shows {count} of every system; "
            f"draw more, or say --count {len(identities)}."
        )
    return [identities[place] for place in random.permutation(len(identities))[:count]]


def _one(pictures: Sequence[Drawn], random: np.random.Generator) -> Drawn:
    return pictures[int(random.integers(len(pictures)))]


def _require_labels(drawn: Sequence[Drawn], why: str) -> None:
    bare = [str(one.picture) for one in drawn if not one.label]
    if bare:
        raise DataError(
            f"{_few(bare)}: no label, and {why}; sort pictures into FOLDER/LABEL/, or give --labels TABLE.csv "
            "or --labels-from-names."
        )


def _require_sounds(drawn: Sequence[Drawn]) -> None:
    mute = [str(one.picture) for one in drawn if one.sound is None]
    if mute:
        raise DataError(f"{_few(mute)}: the sound it was drawn of was not found; say --sounds FOLDER.")


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
