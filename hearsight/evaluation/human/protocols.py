"""The three questions that the papers ask people about pictures of sounds."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["match", "relevance", "preference"]

POSITIVE, NEGATIVE, NEITHER = "positive", "negative", "neither"
"""Answers of `match`: the picture of this sound, the picture of another class, none of them."""
SCALE = ("1", "2", "3", "4", "5")
"""Answers of `relevance`, from not at all to perfectly."""


@dataclass(frozen=True)
class Protocol:
    """What raters see and are asked."""

    kind: Kind
    """What the command calls it."""
    about: str
    """One line for the head of a report."""
    source: str
    """The paper that defines it."""
    hears: bool
    """Whether a trial plays a sound."""
    count: int | None
    """Sounds to judge of every system where the paper says how many."""
    raters: int
    """The fewest raters that every picture needs."""
    repetitions: int
    """How often the experiment is made, each time with other raters and other wrong pictures."""


PROTOCOLS: dict[Kind, Protocol] = {
    "match": Protocol(
        kind="match",
        about="Which of two pictures fits the sound",
        source="WavBriVL, section 4.2",
        hears=True,
        count=None,
        raters=1,
        repetitions=3,
    ),
    "relevance": Protocol(
        kind="relevance",
        about="How well a picture shows its label, from 1 to 5",
        source="AudioToken, sections 2.2 and 3",
        hears=False,
        count=15,
        raters=17,
        repetitions=1,
    ),
    "preference": Protocol(
        kind="preference",
        about="Which of two systems drew the sound better",
        source="paired comparison",
        hears=True,
        count=None,
        raters=1,
        repetitions=1,
    ),
}
