"""Running a sweep: every run in a folder of its own, none done twice, none stopping the others.

OUT/
  results.json  results.csv         all runs so far, written after each
  runs/guidance-3/
    result.json                     this run, once it is measured: with the same settings it is not done again
    failed.txt                      why it failed, with the traceback; the next call tries again
    pictures/  report.html …        as of `hearsight evaluate`
  trained/hand_1f0c2a9b37/          what was trained, shared by all runs that need it
    finished.json
"""

import gc
import json
import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hearsight.config import build, plain
from hearsight.errors import ConfigError, HearsightError
from hearsight.evaluation.evaluate import Progress
from hearsight.evaluation.sweep import results
from hearsight.evaluation.sweep.measure import Measuring, measure
from hearsight.evaluation.sweep.recipe import REFERENCE, Run, Stage, Sweep, filled
from hearsight.evaluation.sweep.results import Outcome
from hearsight.files import write_atomically
from hearsight.hub.network import save_network
from hearsight.training import align, recipe
from hearsight.training.earlier import earlier

FINISHED = "finished.json"
RESULT = "result.json"
FAILED = "failed.txt"


class Workshop:
    """Where the runs of a sweep are made."""

    def __init__(self, out: Path, trained: Path | None = None, progress: Progress | None = None) -> None:
        """`trained`: where trainings lie, if several sweeps share them; `progress` follows each measurement."""
        self.out, self.trained, self.progress = out, trained or out / "trained", progress
        self.failures: dict[str, str] = {}
        """the trainings that failed, so that runs which share one do not all try it"""

    def make(self, run: Run) -> Outcome:
        """Train and measure `run`; what cannot be done becomes a failed outcome. Only Ctrl-C gets out."""
        folder, settings = self.out / "runs" / run.name, run.plain()
        before = self.finished(run)
        if before:
            return before
        began = time.monotonic()
        try:
            found, about = measure(self._measuring(run), folder, self.progress)
        except Exception as error:
            return self._failed(run, error, time.monotonic() - began)
        told = [result.plain() for result in found]
        seconds = time.monotonic() - began
        outcome = Outcome(run.name, run.point.cases, "measured", "", seconds, told, plain(about), settings)
        _write_json(folder / RESULT, plain(outcome))
        (folder / FAILED).unlink(missing_ok=True)
        return outcome

    def finished(self, run: Run) -> Outcome | None:
        """The outcome of a run that was measured with the same settings."""
        try:
            outcome = Outcome(**json.loads((self.out / "runs" / run.name / RESULT).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        return outcome if outcome.settings == json.loads(json.dumps(run.plain())) else None

    def _measuring(self, run: Run) -> Measuring:
        """What is measured, with everything trained that it needs."""
        folders = {stage.name: str(self._train(run, stage)) for stage in run.needed}
        measuring = run.measuring
        alone = REFERENCE.fullmatch(measuring.of)
        if alone and measuring.after != 1:
            folders[alone[1]] = str(self._earlier(run, run.stages[alone[1]], folders))
        return build(Measuring, filled(plain(measuring), folders), where="measure.")

    def _train(self, run: Run, stage: Stage) -> Path:
        """The folder of a training, which is begun, gone on with, or found finished."""
        mark = run.fingerprint(stage)
        out = self.trained / f"{stage.name}_{mark}"
        if (out / FINISHED).is_file():
            return out
        if mark in self.failures:
            raise HearsightError(self.failures[mark])
        folders = {name: str(self._train(run, run.stages[name])) for name in stage.needs}
        began = time.monotonic()
        try:
            recipe.start(recipe.task_module(stage.task), stage.task, filled(stage.values, folders), out)
        except Exception as error:
            self.failures[mark] = f"{stage.name}: {_line(error)}"
            raise HearsightError(self.failures[mark]) from error
        gc.collect()  # the network and its optimiser, before the next one is made
        _write_json(out / FINISHED, {"seconds of the last part": round(time.monotonic() - began, 1)})
        return out

    def _earlier(self, run: Run, stage: Stage, folders: Mapping[str, str]) -> Path:
        """The folder of a training as it was after the share of its steps that is measured."""
        after = run.measuring.after
        if after:
            trained = Path(folders[stage.name])
            return earlier(trained, stage.step(after), trained / "earlier" / f"{after:g}")
        if stage.task != "align":
            raise ConfigError(f"after=0: {stage.name} is random before its first step; only an ear can begin trained.")
        before = {name: str(self._train(run, run.stages[name])) for name in stage.needs}
        begun = align.begin(recipe.resolve(align.Recipe, filled(stage.values, before)))
        return save_network(
            self.trained / f"{stage.name}_{run.fingerprint(stage)}" / "earlier" / "0", "audioclip", begun
        )

    def _failed(self, run: Run, error: Exception, seconds: float) -> Outcome:
        with write_atomically(self.out / "runs" / run.name / FAILED) as partial:
            partial.write_text(f"{_line(error)}\n\n{''.join(traceback.format_exception(error))}", encoding="utf-8")
        return Outcome(run.name, run.point.cases, "failed", _line(error), seconds, settings=run.plain())


def run(
    sweep: Sweep,
    out: Path,
    *,
    trained: Path | None = None,
    progress: Progress | None = None,
    say: Callable[[Outcome, int, int], None] | None = None,
) -> list[Outcome]:
    """Make every run of `sweep` in the folder `out` and return what became of them; `say(outcome, done, all)` follows.

    The written results also keep what other parts of the sweep have given there before.

    Raises ConfigError when started by torchrun: a sweep is one process.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise ConfigError("a sweep runs in one process; give every GPU a part of it with --only, each with its --out.")
    workshop = Workshop(out, trained, progress)
    found = {run.name: _so_far(workshop, run) for run in sweep.runs}
    others = _of_other_parts(sweep, out)
    for done, one in enumerate(sweep.runs, start=1):
        found[one.name] = workshop.make(one)
        results.write(sweep.name, [*others, *found.values()], out)
        if say:
            say(found[one.name], done, len(sweep.runs))
    return list(found.values())


def _so_far(workshop: Workshop, run: Run) -> Outcome:
    return workshop.finished(run) or Outcome(run.name, run.point.cases, "not run", settings=run.plain())


def _of_other_parts(sweep: Sweep, out: Path) -> list[Outcome]:
    """What was measured in the same folder of runs that are not asked for now."""
    if not (out / results.RESULTS).is_file():
        return []
    names = {run.name for run in sweep.runs}
    there = [one for one in results.read(out) if one.name not in names and one.state == "measured"]
    return [replace(one, folder=None) for one in there]


def _line(error: Exception) -> str:
    """An error in one line; one that nobody foresaw with its kind."""
    told = " ".join(str(error).split())
    return told if isinstance(error, HearsightError) and told else f"{type(error).__name__}: {told}"


def _write_json(path: Path, content: Any) -> None:
    with write_atomically(path) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
