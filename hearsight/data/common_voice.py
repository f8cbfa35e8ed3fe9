"""Mozilla Common Voice: sentences read by volunteers, who may have said something about themselves.

A release is a folder per language, as it is published:

    validated.tsv, train.tsv …     client_id, path, sentence, age, gender, accents, locale …
    clip_durations.tsv             clip, duration[ms]           (newer releases)
    clips/*.mp3

StyleWav (section 7.1) takes clips of 5 to 5.5 seconds whose sentence has more than six words.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from hearsight.errors import DataError
from hearsight.seeds import derive
from hearsight.sound.sound import Sound

Sex = Literal["female", "male"]
SEXES: tuple[Sex, ...] = ("male", "female")
SEX: dict[str, Sex] = {
    "female": "female",
    "male": "male",
    "female_feminine": "female",  # as of release 16
    "male_masculine": "male",
}
"""What the metadata call the two groups of the paper; whoever says something else, or nothing, is in neither."""

SECONDS = (5.0, 5.5)
"""StyleWav's shortest and longest clip."""
WORDS = 7
"""StyleWav's shortest sentence: more than six words. (Its code takes five.)"""


@dataclass(frozen=True)
class Recording:
    """One clip."""

    path: Path
    """Its file."""
    sentence: str
    """What is said."""
    sex: Sex | None
    """What the speaker said of himself or herself."""


@dataclass(frozen=True)
class CommonVoice:
    """One language of a release. Raises DataError for any other folder."""

    folder: Path
    """Where validated.tsv and clips/ lie."""
    table: str = "validated"
    """Which of its tables."""

    def __post_init__(self) -> None:
        if not (self.folder / f"{self.table}.tsv").is_file():
            inner = sorted(path.parent.name for path in self.folder.glob(f"*/{self.table}.tsv"))
            cure = f"take a language in it, e.g. {self.folder / inner[0]}" if inner else "give a language's folder"
            raise DataError(f"{self.folder}: no {self.table}.tsv here, so no language of Common Voice; {cure}.")
        if not (self.folder / "clips").is_dir():
            raise DataError(f"{self.folder}: the folder clips/ is missing; unpack the whole archive.")

    def recordings(self) -> Iterator[Recording]:
        """Every clip of the table, in its order, whether its file is there or not."""
        path = self.folder / f"{self.table}.tsv"
        for row in _rows(path, ("path", "sentence", "gender")):
            name = row["path"] if row["path"].endswith(".mp3") else f"{row['path']}.mp3"  # early releases left it out
            yield Recording(self.folder / "clips" / name, row["sentence"], SEX.get(row["gender"]))

    def seconds(self, recording: Recording) -> float:
        """How long a clip is: as the release says, or else as it is found to be. Raises SoundError if unreadable."""
        known = self._durations.get(recording.path.name)
        return Sound.read(recording.path).seconds if known is None else known

    def sample(
        self, sex: Sex, count: int, *, seed: int = 0, seconds: tuple[float, float] = SECONDS, words: int = WORDS
    ) -> list[Path]:
        """`count` random clips of one sex, or fewer where there are no more: long enough, but not too long.

        Clips whose files are not there are passed over. Raises DataError where none is left.
        """
        able = [one for one in self.recordings() if one.sex == sex and len(one.sentence.split()) >= words]
        order = np.random.default_rng(derive(seed, sex)).permutation(len(able))
        found: list[Path] = []
        for recording in (able[place] for place in order):
            if len(found) == count:
                break
            if recording.path.is_file() and seconds[0] <= self.seconds(recording) <= seconds[1]:
                found.append(recording.path)
        if not found:
            raise DataError(
                f"{self.folder}: none of {len(able)} clips of a {sex} voice with at least {words} words is there and "
                f"{seconds[0]:g} to {seconds[1]:g} s long; unpack more, or give another language."
            )
        return found

    @cached_property
    def _durations(self) -> dict[str, float]:
        path = self.folder / "clip_durations.tsv"
        if not path.is_file():
            return {}
        return {row["clip"]: float(row["duration[ms]"]) / 1000 for row in _rows(path, ("clip", "duration[ms]"))}


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The lines of a table, without those that are cut short. Raises DataError where a column is missing."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)  # sentences hold bare quotation marks
        missing = [name for name in columns if name not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{path}: lacks the column {missing[0]!r}; give a table as Common Voice publishes it.")
        yield from (row for row in reader if all(row[name] is not None for name in columns))
