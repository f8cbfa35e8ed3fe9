"""The same sounds through several systems, one system in memory at a time; a judge says what each picture shows."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.data import words
from hearsight.encoders.picture_classifier import PictureClassifier
from hearsight.evaluation.contestants import Contestant, reason
from hearsight.evaluation.timing import in_words, timed, warm_up
from hearsight.picture import Picture
from hearsight.pixels import colours
from hearsight.sound import Sound
from hearsight.systems.base import System

Progress = Callable[[str, int, int], None]

LONGEST_SHOWN = 60.0
"""seconds of a sound that a comparison shows and plays"""


@dataclass(frozen=True, eq=False)
class Heard:
    """A sound that is compared."""

    path: Path
    """Its file."""
    name: str
    """What the comparison and its files call it, unlike any other."""
    sound: Sound
    """Its first minute."""
    label: str | None
    """Its class, one of the judge's, where its name or its folder's says so."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the judge sees in a picture."""

    seen: str
    """The class that it finds most probable."""
    probability: float
    """How probable that is."""
    own: float | None = None
    """How probable the sound's own class is; None where that is unknown."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """What a system made of a sound: a picture, or the reason why there is none."""

    picture: Picture | None = None
    """What was drawn."""
    seconds: float | None = None
    """From the sound's file to the picture, the system being loaded and warm."""
    verdict: Verdict | None = None
    """What the judge says of it."""
    reason: str = ""
    """Why there is no picture."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Sounds, systems, and what each made of each."""

    sounds: Sequence[Heard]
    """The rows."""
    systems: Sequence[Contestant]
    """The columns."""
    drawn: Sequence[Sequence[Drawn]]
    """What was drawn, by sound and system."""
    seed: int
    """The seed of every picture."""

    def plain(self) -> list[dict[str, Any]]:
        """For JSON: one object per picture."""
        return [
            {
                "sound": heard.path.as_posix(),
                "class": heard.label,
                "system": system.name,
                "seed": self.seed,
                **({"reason": drawn.reason} if drawn.reason else _told(drawn)),
            }
            for heard, row in zip(self.sounds, self.drawn, strict=True)
            for system, drawn in zip(self.systems, row, strict=True)
        ]


def compare(
    sounds: Sequence[Heard],
    systems: Sequence[Contestant],
    judge: PictureClassifier,
    *,
    seed: int = 0,
    device: str | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Draw every sound with every system and the same seed.

    Args:
        folder: where the pictures are kept as <system>/<name of the sound>.png, each as soon as it is drawn.
        progress: called as (what is drawn, pictures done, all).

    What a system cannot load, hear or draw becomes a reason in its place, and the others go on.
    """
    columns = []
    for number, contestant in enumerate(systems):
        step = _counted(progress, number * len(sounds), len(systems) * len(sounds))
        columns.append(_column(contestant, sounds, judge, seed, device, folder, step))
        gc.collect()  # networks hold themselves in circles; the next system should not have to share the memory
    return Comparison(sounds, systems, list(zip(*columns, strict=True)), seed)


def class_of(sound: Path, labels: Sequence[str]) -> str | None:
    """Which of `labels` the folder of a sound is named after, or else the sound itself; None where neither is."""
    texts = {label: (label, *words.NAMES.get(label, ())) for label in labels}
    # A number is more often the number of a recording than what is said in it.
    called = {_plain(text): label for label in labels for text in texts[label] if not text.isdigit()}
    return called.get(_plain(sound.absolute().parent.name), called.get(_plain(sound.stem)))


def remarks(drawn: Drawn, heard: Heard) -> list[str]:
    """The judge's verdict and the time in a few words, or the reason why there is no picture."""
    if drawn.verdict is None or drawn.seconds is None:
        return [drawn.reason]
    told = [f"most like {words.name(drawn.verdict.seen)} {drawn.verdict.probability:.0%}"]
    if heard.label is not None and drawn.verdict.own is not None:
        own = f"{words.name(heard.label)} {drawn.verdict.own:.0%}"
        told = [own] if drawn.verdict.seen == heard.label else [own, *told]
    return [*told, in_words(drawn.seconds)]


def _column(
    contestant: Contestant,
    sounds: Sequence[Heard],
    judge: PictureClassifier,
    seed: int,
    device: str | None,
    folder: Path | None,
    progress: Progress,
) -> list[Drawn]:
    """What one system makes of all sounds."""
    progress(f"waking up {contestant.name}", 0, len(sounds))
    try:
        system = contestant.load(device)
    except Exception as error:  # whatever is wrong with one system must not take the others' pictures
        return [Drawn(reason=reason(error))] * len(sounds)
    warm_up(system, sounds[0].path)
    column = []
    for number, heard in enumerate(sounds):
        progress(f"{contestant.name}: {heard.name}", number, len(sounds))
        drawn = _draw(system, heard, judge, seed)
        if folder and drawn.picture:
            drawn.picture.save(folder / contestant.file_name / f"{heard.name}.png")
        column.append(drawn)
    return column


def _draw(system: System, heard: Heard, judge: PictureClassifier, seed: int) -> Drawn:
    try:
        picture, taken = timed(system, heard.path, seed)
    except Exception as error:
        return Drawn(reason=reason(error))
    return Drawn(picture, taken, _verdict(judge, picture, heard.label))


def _verdict(judge: PictureClassifier, picture: Picture, label: str | None) -> Verdict:
    shares = judge.probabilities(colours(picture.image)[None])[0].tolist()
    best = max(range(len(shares)), key=shares.__getitem__)
    labels = judge.config.labels
    return Verdict(labels[best], shares[best], None if label is None else shares[labels.index(label)])


def _told(drawn: Drawn) -> dict[str, Any]:
    assert drawn.verdict is not None and drawn.seconds is not None
    told: dict[str, Any] = {"seconds": round(drawn.seconds, 3)}
    if drawn.verdict.own is not None:
        told["probability of its class"] = round(drawn.verdict.own, 4)
    return {**told, "seen": drawn.verdict.seen, "probability": round(drawn.verdict.probability, 4)}


def _counted(progress: Progress | None, before: int, of: int) -> Progress:
    """The progress of one system within that of all."""
    return (lambda what, done, _: progress(what, before + done, of)) if progress else (lambda what, done, _: None)


def _plain(text: str) -> str:
    return text.replace("_", " ").replace("-", " ").casefold()
