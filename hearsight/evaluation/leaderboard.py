"""Every system on the same held-out sounds, beside real pictures and what systems draw when they are told the word.

A system that fails becomes a reason, the others go on. Pictures, features and times are kept, so that whatever was
interrupted goes on where it stopped.
"""

import gc
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hearsight import __version__
from hearsight.config import plain
from hearsight.errors import ConfigError, DataError
from hearsight.evaluation.contestants import SPOKEN, Contestant, reason
from hearsight.evaluation.drawing import Drawing, planned
from hearsight.evaluation.evaluate import CACHE, Evaluation, Progress, evaluate, own_space
from hearsight.evaluation.frechet_distance import frechet_inception_distance
from hearsight.evaluation.held_out import HeldOutSound, sounds
from hearsight.evaluation.kernel_distance import kernel_inception_distance
from hearsight.evaluation.measurement import Measurement
from hearsight.evaluation.result import Result
from hearsight.evaluation.sample import Sample
from hearsight.evaluation.timing import Timing, measure
from hearsight.systems.base import System

METRICS = ("adherence", "fid", "kid", "querying")
"""What is measured of a system, as `hearsight evaluate` calls it."""
TOLD = METRICS[:3]
"""What is measured of pictures of words: nothing is heard."""
REAL = "real pictures"
"""The name of their row."""


@dataclass(frozen=True, eq=False)
class Standing:
    """What one row of the leaderboard stands for, and what was measured of it."""

    name: str
    """A system, the words that it was told, or real pictures."""
    results: Sequence[Result] = ()
    """The numbers."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Metrics that could not be measured, and why."""
    pictures: Sequence[Sequence[Path]] = ()
    """The files of every sound's pictures."""
    timing: Timing | None = None
    """What a picture costs."""
    megabytes: float | None = None
    """How much its weights weigh."""
    weights: str | None = None
    """Their hash."""
    reason: str = ""
    """Why it was not measured."""
    words: bool = False
    """Whether it drew from words, the text topline."""

    def result(self, metric: str) -> Result | None:
        """The result whose name ends with `metric`: that of a pocket network has a name before it."""
        return next((result for result in self.results if result.metric.endswith(metric)), None)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "results": [result.plain() for result in self.results],
            "left_out": dict(self.left_out),
            "timing": self.timing and asdict(self.timing),
            "megabytes": self.megabytes,
            "weights": self.weights,
            "reason": self.reason,
        }


@dataclass(frozen=True, eq=False)
class Leaderboard:
    """Who drew the same sounds how well."""

    heard: Sequence[HeldOutSound]
    """The sounds."""
    standings: Sequence[Standing]
    """What was measured on them, and what could not be."""
    other_task: Sequence[Standing] = ()
    """Systems that draw spoken sentences: of what was measured here, only time and size compare."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """Data, seed, judge: whatever the numbers depend on."""

    @property
    def ranked(self) -> list[Standing]:
        """What was measured: real pictures, then the others by adherence."""
        measured = [one for one in self.standings if one.results]
        return sorted(measured, key=lambda one: (one.name != REAL, -_value(one.result("adherence"))))

    @property
    def failed(self) -> list[Standing]:
        """Systems that were not measured. To have no text topline is no failure: many cannot read."""
        return [one for one in (*self.standings, *self.other_task) if one.reason and not one.words]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **plain(self.about),
            "standings": [one.plain() for one in self.standings],
            "another task": [one.plain() for one in self.other_task],
        }


@dataclass(frozen=True, eq=False)
class Bench:
    """What all systems have to draw, and who judges it."""

    evaluation: Evaluation
    """Data, seed and instruments."""
    out: Path
    """A folder; every system gets one in it, with its pictures and a report of its own."""
    device: str | None = None
    """Where systems run; by default a GPU where there is one."""
    progress: Progress | None = None
    """Called as (what is done, done, all)."""

    def run(self, systems: Sequence[Contestant], told: Callable[[Leaderboard], None] | None = None) -> Leaderboard:
        """Draw and measure the held-out sounds with every system; `told` hears what is known after every row.

        Raises DataError before anything is drawn where there are no sounds, or the judge does not know their classes.
        """
        board = Leaderboard(self.heard, [self._real_pictures()], about=self._about())
        for contestant in systems:
            if contestant.system in SPOKEN:
                board = replace(board, other_task=[*board.other_task, self._timed(contestant)])
            else:
                board = replace(board, standings=[*board.standings, *self._measured(contestant)])
            if told:
                told(board)
            gc.collect()  # networks hold themselves in circles; the next system should not have to share the memory
        return board

    @cached_property
    def heard(self) -> Sequence[HeldOutSound]:
        """The sounds."""
        return sounds(self.evaluation.drawing.data, self.evaluation.sounds_per_class)

    def _measured(self, contestant: Contestant) -> list[Standing]:
        """What a system draws of the sounds, and of the words where it can read."""
        bare = Standing(contestant.name, megabytes=contestant.megabytes)
        words = Standing(f"{contestant.name}, told the word", words=True)
        try:
            system = contestant.load(self.device)
            standing = self._drawn(bare, system, self.evaluation.drawing, METRICS, self.out / contestant.file_name)
            standing = replace(standing, timing=self._timing(system, contestant))
        except Exception as error:  # whatever is wrong with one system must not take the others' rows
            return [replace(bare, reason=reason(error))]
        try:
            drawing = replace(self.evaluation.drawing, topline=True)
            words = self._drawn(words, system, drawing, TOLD, self.out / f"{contestant.file_name}-words")
        except Exception as error:
            words = replace(words, reason=reason(error))
        return [standing, words]

    def _drawn(
        self, standing: Standing, system: System, drawing: Drawing, metrics: Sequence[str], folder: Path
    ) -> Standing:
        """A standing with what was drawn and measured of it."""
        files = planned(folder / "pictures", self.heard, drawing)
        measurement = Measurement(self._sample(files), self.evaluation.instruments, own_space(system))
        left_out: dict[str, str] = {}
        for metric in metrics:
            try:
                measurement.check(metric)
            except (ConfigError, DataError) as error:
                left_out[metric] = str(error)
        asked = [metric for metric in metrics if metric not in left_out]
        report = evaluate(
            replace(self.evaluation, drawing=drawing, metrics=asked),
            folder,
            system=system,
            name=standing.name,
            progress=self._telling(standing.name),
        )
        weights = system.weights_sha256
        return replace(standing, results=report.results, left_out=left_out, pictures=files, weights=weights)

    def _timed(self, contestant: Contestant) -> Standing:
        """Time and size of a system whose pictures are not to be compared."""
        standing = Standing(contestant.name, megabytes=contestant.megabytes)
        try:
            system = contestant.load(self.device)
            timing = self._timing(system, contestant)
        except Exception as error:
            return replace(standing, reason=reason(error))
        return replace(standing, timing=timing, weights=system.weights_sha256)

    def _timing(self, system: System, contestant: Contestant) -> Timing:
        """The time of a picture, measured once: on one sound of every class before a second of any."""
        in_turn = sorted(self.heard, key=lambda one: one.number)
        files = [self.evaluation.drawing.data / one.item.path for one in in_turn]
        return measure(system, files, kept=self.out / contestant.file_name / "timing.json")

    def _real_pictures(self) -> Standing:
        """As many real pictures as sounds, compared with the other real ones: what a perfect system would reach."""
        real, eye = self._sample([]).real, self.evaluation.instruments.inception_eye
        files = [[real.paths[number]] for number in real.own]
        sample = self._sample(files)
        measurement = Measurement(sample, self.evaluation.instruments)
        measurement.check("adherence")
        results = measurement.measure("adherence")
        rest = np.setdiff1d(np.arange(len(real.paths)), real.own)
        others = sample.features(eye, [real.paths[number] for number in rest], REAL)
        for distance in (frechet_inception_distance, kernel_inception_distance):
            with suppress(DataError):  # where too few others are left, the row has a gap
                results.append(distance(others, sample.drawn(eye), eye))
        return Standing(REAL, results, pictures=files)

    def _sample(self, files: Sequence[Sequence[Path]]) -> Sample:
        drawing, cache = self.evaluation.drawing, self.evaluation.cache
        return Sample(drawing.data, self.heard, files, cache or drawing.data / CACHE, progress=self._telling(REAL))

    def _telling(self, name: str) -> Progress | None:
        tell = self.progress
        return (lambda what, done, of: tell(f"{name}: {what}", done, of)) if tell else None

    def _about(self) -> dict[str, Any]:
        drawing, judge = self.evaluation.drawing, self.evaluation.instruments.judge
        return {
            "data": str(drawing.data),
            "sounds": len(self.heard),
            "classes": len({sound.label for sound in self.heard}),
            "pictures per sound": drawing.pictures_per_sound,
            "seed": drawing.seed,
            "judge": judge.name,
            "judge's weights": judge.weights_sha256,
            "versions": {"hearsight": __version__},
        }


def _value(result: Result | None) -> float:
    return result.value if result else 0.0
