"""The grid of a sweep: every combination of the values of its axes.

```yaml
sweep:
  ear.strategy: [text, frozen_image]                  # an axis: a setting and its values
  guidance:                                           # or cases with names, each of several settings
    none: {hand.condition_dropout: 0, measure.draw.guidance: 1}
    3: {measure.draw.guidance: 3}
```
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hearsight.config import nearest
from hearsight.errors import ConfigError

Settings = Mapping[str, Any]
"""values by dotted names"""


@dataclass(frozen=True)
class Axis:
    """One thing that is varied."""

    name: str
    """What tables call it: for a single setting the last part of its name."""
    cases: Mapping[str, Settings]
    """The settings of each case."""


@dataclass(frozen=True)
class Point:
    """One combination."""

    cases: Mapping[str, str]
    """The case of every axis."""
    settings: Settings
    """The settings of all of them."""

    @property
    def name(self) -> str:
        """A name for its folder."""
        parts = [f"{axis}-{case}" for axis, case in self.cases.items()]
        return re.sub(r"[^\w.+-]+", "-", "_".join(parts)) or "all"


def axes(sweep: Mapping[str, Any]) -> list[Axis]:
    """The axes of a recipe's `sweep`; one that is null is none (it takes an axis of the base away)."""
    found = [_axis(str(key), values) for key, values in sweep.items() if values is not None]
    for axis in found:
        if [other.name for other in found].count(axis.name) > 1:
            raise ConfigError(f"sweep: two axes are called {axis.name}; give one of them named cases.")
    return found


def points(among: Sequence[Axis]) -> Iterator[Point]:
    """All combinations; the first axis changes slowest. Raises ConfigError where two would have one name."""
    seen: set[str] = set()
    for chosen in itertools.product(*(axis.cases for axis in among)):
        cases = {axis.name: case for axis, case in zip(among, chosen, strict=True)}
        settings: dict[str, Any] = {}
        for axis in among:
            settings |= axis.cases[cases[axis.name]]
        point = Point(cases, settings)
        if point.name in seen:
            raise ConfigError(f"sweep: two runs would be called {point.name}; name the cases otherwise.")
        seen.add(point.name)
        yield point


def only(among: Sequence[Axis], wanted: Mapping[str, str]) -> list[Axis]:
    """The axes with only the cases that are wanted: names by commas. Raises ConfigError for one that is not there."""
    known = [axis.name for axis in among]
    for name in wanted:
        if name not in known:
            raise ConfigError(f"--only {name}={wanted[name]}: there is no such axis; {nearest(name, known)}")
    return [Axis(axis.name, _kept(axis, wanted[axis.name])) if axis.name in wanted else axis for axis in among]


def _kept(axis: Axis, wanted: str) -> Mapping[str, Settings]:
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name not in axis.cases:
            raise ConfigError(f"--only {axis.name}={name}: there is no such case; {nearest(name, list(axis.cases))}")
    return {name: axis.cases[name] for name in axis.cases if name in names}


def _axis(key: str, values: Any) -> Axis:
    if isinstance(values, Mapping) and values and all(isinstance(settings, Mapping) for settings in values.values()):
        return Axis(key, {str(name): settings for name, settings in values.items()})
    if isinstance(values, Sequence) and not isinstance(values, str) and values:
        return Axis(key.rpartition(".")[2], {_told(value): {key: value} for value in values})
    raise ConfigError(
        f"sweep.{key}: {values!r} is no axis; give a list of values, or named cases: {{a: {{setting: value}}, …}}."
    )


def _told(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
