"""How contenders are timed: in turns, round after round, so that a busy minute of the machine meets all alike."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.comparison import Row
from benchmarks.setting import Setting


@dataclass(frozen=True)
class Contender:
    """One way to do the work."""

    name: str
    run: Callable[[], object]
    note: str = ""
    units: int = 1
    """Units of work that one run does."""


def race(contenders: Sequence[Contender], setting: Setting) -> list[Row]:
    """Seconds per unit of work: one number per contender and round.

    Each runs once before the first round (caches, kernels chosen by shape), which also tells how often it has to run
    to fill a turn. Every round begins with the next contender, so that none always follows the same one.
    """
    repeats = [_repeats(contender, setting.turn) for contender in contenders]
    costs: list[list[float]] = [[] for _ in contenders]
    for number in range(setting.rounds):
        for place in range(len(contenders)):
            index = (number + place) % len(contenders)
            seconds = _seconds(contenders[index].run, repeats[index])
            costs[index].append(seconds / repeats[index] / contenders[index].units)
    return [Row(contender.name, own, contender.note) for contender, own in zip(contenders, costs, strict=True)]


def _repeats(contender: Contender, turn: float) -> int:
    contender.run()
    return max(1, math.ceil(turn / _seconds(contender.run, 1))) if turn else 1


def _seconds(run: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        run()
    return time.perf_counter() - started
