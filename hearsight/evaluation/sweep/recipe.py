"""The recipe of a sweep: what every run trains, what is measured of it, and over which grid.

```yaml
data: pocket                     # a name: ${data} stands for it below
train:                           # what runs train; only what is measured, and what that needs, is trained
  ear: {recipe: thesis_align, data: "${data}"}
  hand: {recipe: thesis_diffuse, data: "${data}", audioclip: "${ear}", checkpoints: 10}
measure: {of: "${hand}", data: "${data}", metrics: [adherence, kid]}
sweep:
  ear.strategy: [text, frozen_image, mutual_image]
```

`${ear}` is the folder in which `ear` is trained. Runs that need the same training share it: its folder bears a hash of
everything it depends on. `checkpoints: 10` keeps the network as it was after every tenth, for `measure.after`.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearsight.config import build, merge, nearest, override, plain, read_yaml
from hearsight.errors import ConfigError
from hearsight.evaluation.sweep import grid
from hearsight.evaluation.sweep.grid import Axis, Point
from hearsight.evaluation.sweep.measure import Measuring
from hearsight.training import recipe as training

SHIPPED = training.SHIPPED / "sweeps"
SECTIONS = ("train", "measure", "sweep")
REFERENCE = re.compile(r"\$\{(\w+)\}")
UNIMPORTANT = ("workers", "log_every")
"""settings of the training loop that leave the weights as they are"""


@dataclass(frozen=True)
class Stage:
    """One training of a run."""

    name: str
    """What the recipe calls it."""
    task: str
    """What is trained: one of training's TASKS."""
    values: Mapping[str, Any]
    """Its recipe; `${…}` are stages before it."""
    checkpoints: int | None
    """In how many equal parts its checkpoints are kept; None: as its recipe says."""

    @property
    def needs(self) -> set[str]:
        """The stages whose folders it wants to have."""
        return references(self.values)

    def step(self, after: float) -> int:
        """The number of steps after a share of the training. Raises ConfigError where no checkpoint would be there."""
        steps = self.values["train"]["steps"]
        if self.checkpoints is None:
            raise ConfigError(f"after={after:g}: {self.name} keeps no checkpoints; say train.{self.name}.checkpoints.")
        number = after * self.checkpoints
        if not 0 < after <= 1 or abs(number - round(number)) > 1e-6:
            raise ConfigError(
                f"after={after:g}: {self.name} keeps {self.checkpoints} checkpoints; "
                f"give a multiple of {1 / self.checkpoints:g} up to 1."
            )
        return min(round(number) * _every(steps, self.checkpoints), steps)


@dataclass(frozen=True)
class Run:
    """One point of the grid: what is trained for it, and what is measured."""

    point: Point
    """Its place in the grid."""
    stages: Mapping[str, Stage]
    """What it may train, in order."""
    measuring: Measuring
    """What is measured."""

    @property
    def name(self) -> str:
        """Its folder."""
        return self.point.name

    @property
    def needed(self) -> list[Stage]:
        """The stages that the measurement needs, each after those it needs itself."""
        order: list[str] = []

        def add(name: str) -> None:
            for before in sorted(self.stages[name].needs):
                add(before)
            if name not in order:
                order.append(name)

        for name in sorted(references(plain(self.measuring)) & self.stages.keys()):
            if not (self.measuring.after == 0 and self.measuring.of == f"${{{name}}}"):
                add(name)
        return [self.stages[name] for name in order]

    def fingerprint(self, stage: Stage) -> str:
        """A hash of everything the weights of `stage` depend on."""
        loop = {key: value for key, value in stage.values["train"].items() if key not in UNIMPORTANT}
        values = {**stage.values, "train": loop, "task": stage.task}
        before = {name: self.fingerprint(self.stages[name]) for name in sorted(stage.needs)}
        content = json.dumps([values, before], sort_keys=True, default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:10]

    def plain(self) -> dict[str, Any]:
        """Everything its results depend on, JSON-ready."""
        trained = {stage.name: {"task": stage.task, **stage.values} for stage in self.needed}
        return {"cases": dict(self.point.cases), "train": plain(trained), "measure": plain(self.measuring)}


@dataclass(frozen=True)
class Sweep:
    """All runs of a sweep."""

    name: str
    """The recipe's name."""
    axes: Sequence[Axis]
    """What is varied."""
    runs: Sequence[Run] = field(default_factory=tuple)
    """Every combination."""


def read(recipe: str | Path, settings: Sequence[str] = (), only: Mapping[str, str] | None = None) -> Sweep:
    """The sweep in a YAML file (or the shipped one of a name), with `key=value` settings put over it.

    `only` restricts axes to some of their cases. Every run is resolved and checked here: raises ConfigError for
    whatever is mistyped or cannot be, before anything is trained.
    """
    file = training.find(recipe, SHIPPED)
    values = override(read_yaml(file), settings)
    axes = grid.only(grid.axes(_section(values, "sweep")), only or {})
    made: dict[str, Stage] = {}
    runs = [_run(point, values, made) for point in grid.points(axes)]
    return Sweep(file.stem, axes, runs)


def references(values: Any) -> set[str]:
    """The names of every `${name}` in some values."""
    if isinstance(values, Mapping):
        return {name for value in values.values() for name in references(value)}
    if isinstance(values, (list, tuple)):
        return {name for value in values for name in references(value)}
    return set(REFERENCE.findall(values)) if isinstance(values, str) else set()


def filled(values: Any, names: Mapping[str, Any]) -> Any:
    """`values` with the `${name}` of `names` replaced; one that stands alone keeps its value's type."""
    if isinstance(values, Mapping):
        return {key: filled(value, names) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [filled(value, names) for value in values]
    if not isinstance(values, str):
        return values
    alone = REFERENCE.fullmatch(values)
    if alone and alone[1] in names:
        return names[alone[1]]
    return REFERENCE.sub(lambda found: str(names.get(found[1], found[0])), values)


def _run(point: Point, values: Mapping[str, Any], made: dict[str, Stage]) -> Run:
    """The run at a point; `made` keeps the stages of all runs, of which many are the same."""
    placed = _placed(point, values)
    names = {key: value for key, value in placed.items() if key not in SECTIONS}
    names = {key: filled(value, names) for key, value in names.items()}
    named = _section(placed, "train")
    _refuse_unused(placed)
    stages: dict[str, Stage] = {}
    for name, own in named.items():
        own = filled(own, names)
        key = json.dumps([name, own], sort_keys=True, default=str)
        if key not in made:
            made[key] = _stage(name, own, stages)
        stages[name] = made[key]
    measured = filled(_section(placed, "measure"), names)
    _refuse_unknown(measured, "measure", stages, names)
    measuring = build(Measuring, measured, where="measure.")
    if measuring.after not in (0, 1):
        alone = REFERENCE.fullmatch(measuring.of)
        if not alone:
            raise ConfigError(f"measure.after={measuring.after:g}: only what the sweep trains was once otherwise.")
        stages[alone[1]].step(measuring.after)
    return Run(point, stages, measuring)


def _placed(point: Point, values: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe's values with the point's settings over them."""
    stages = list(_section(values, "train"))
    placed = dict(values)
    for key, value in point.settings.items():
        first, _, rest = key.partition(".")
        if first in stages:
            path = ["train", first, *rest.split(".")]
        elif first == "measure" and rest:
            path = key.split(".")
        elif not rest and first in values and first not in SECTIONS:
            path = [first]
        else:
            known = [*stages, "measure", *(name for name in values if name not in SECTIONS)]
            raise ConfigError(f"sweep: {key}: neither a training nor a name of this recipe; {nearest(first, known)}")
        for part in reversed(path):
            value = {part: value}
        placed = merge(placed, value)
    return placed


def _stage(name: str, own: Mapping[str, Any], before: Mapping[str, Stage]) -> Stage:
    """A stage whose recipe is complete and right."""
    own = dict(own)
    base, checkpoints = own.pop("recipe", None), own.pop("checkpoints", None)
    values = merge(read_yaml(training.find(base)), own) if base else own
    task = values.pop("task", None)
    _refuse_unknown(values, f"train.{name}", before, {})
    kind = training.task_module(task).Recipe
    try:
        if checkpoints:
            steps = training.resolve(kind, values).train.steps
            values = merge(values, {"train": {"checkpoint_every": _every(steps, checkpoints), "keep": steps}})
        # With the defaults in it: what is the same training has the same values, however it was written.
        resolved = training.described(training.resolve(kind, values))
    except ConfigError as error:
        raise ConfigError(f"train.{name}: {error}") from None
    return Stage(name, str(task), resolved, checkpoints)


def _every(steps: int, checkpoints: int) -> int:
    return math.ceil(steps / checkpoints)


def _section(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = values.get(name) or {}
    if not isinstance(section, Mapping):
        raise ConfigError(f"{name}: {section!r} is not a mapping of settings.")
    return section


def _refuse_unknown(values: Any, where: str, stages: Mapping[str, Stage], names: Mapping[str, Any]) -> None:
    for name in sorted(references(values) - stages.keys()):
        known = [*stages, *names]
        raise ConfigError(f"{where}: nothing before it is called ${{{name}}}; {nearest(name, known)}")


def _refuse_unused(placed: Mapping[str, Any]) -> None:
    """A name that nothing refers to is mistyped."""
    used = references(placed)
    for name in placed:
        if name not in used and name not in SECTIONS:
            raise ConfigError(f"{name}: nothing refers to ${{{name}}}; {nearest(name, sorted(used | set(SECTIONS)))}")
