"""A study: what is shown to whom, and which answers there are. It lies in a folder that needs nothing else:

study.json      the trials
sounds/         what raters hear, as WAV, which every browser plays
pictures/       what they see, under names that do not tell who drew it
answers.sqlite  what they said
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from hearsight.config import build, plain
from hearsight.errors import DataError
from hearsight.evaluation.human.protocols import NEITHER, PROTOCOLS, SCALE, Kind, Protocol
from hearsight.files import write_atomically

FILE, SOUNDS, PICTURES = "study.json", "sounds", "pictures"


@dataclass(frozen=True)
class Candidate:
    """A picture of a trial."""

    picture: str
    """Its file in `pictures/`."""
    meaning: str = ""
    """The answer that choosing it gives: `positive`, `negative`, or the system that drew it."""


@dataclass(frozen=True)
class Trial:
    """One question to a rater."""

    name: str
    """Tells it from the others of the study."""
    candidates: tuple[Candidate, ...]
    """Its pictures: one to rate, or two to choose from."""
    method: str = ""
    """The system whose picture is judged; empty where systems are compared, and for checks."""
    sound: str = ""
    """Its file in `sounds/`; empty where nothing is heard."""
    label: str = ""
    """What can be heard, in words."""
    source: str = ""
    """Which sound it is, for the researcher."""
    repetition: int | None = None
    """The repetition it belongs to, from 0; None: every rater sees it."""
    expected: str = ""
    """For an attention check: the only right answer."""

    @property
    def answers(self) -> tuple[str, ...]:
        """Everything that may be answered."""
        return SCALE if len(self.candidates) == 1 else (*(one.meaning for one in self.candidates), NEITHER)


@dataclass(frozen=True)
class Study:
    """Everything that was decided before the first rater came."""

    kind: Kind
    """Its protocol."""
    title: str
    """What raters see above it."""
    seed: int
    """Seed of the trials, and of each rater's order and sides."""
    methods: tuple[str, ...]
    """The systems, in the order of the tables."""
    repetitions: int
    """How often the experiment is made; raters are dealt to the repetitions in turn."""
    raters: int
    """The fewest raters that every picture needs before the report gives a result."""
    trials: tuple[Trial, ...]
    """All trials of all repetitions, attention checks among them."""

    @property
    def protocol(self) -> Protocol:
        """What is asked."""
        return PROTOCOLS[self.kind]

    def of_repetition(self, repetition: int) -> list[Trial]:
        """What a rater of this repetition is shown."""
        return [trial for trial in self.trials if trial.repetition in (None, repetition)]

    def sha256(self) -> str:
        """Hash of everything that answers depend on; the title may be reworded."""
        content = json.dumps({**plain(self), "title": ""}, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def save(self, folder: Path) -> Path:
        """Write `study.json`, whole or not at all; returns its path."""
        path = folder / FILE
        with write_atomically(path) as partial:
            partial.write_text(json.dumps(plain(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return path


def load(folder: Path) -> Study:
    """The study of a folder. Raises DataError where there is none, or where it is damaged."""
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise DataError(f"{folder}: is no study; make one with hearsight study make.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); make the study again.") from None
    return build(Study, content, str(path))
