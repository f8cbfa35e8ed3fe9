"""What all benchmarks of one run share: how large the networks are, how many rounds, how many threads."""

from dataclasses import dataclass
from enum import StrEnum


class Size(StrEnum):
    """How large the networks are."""

    POCKET = "pocket"
    DEBUG = "debug"


@dataclass(frozen=True)
class Setting:
    """One run of the benchmarks."""

    size: Size = Size.POCKET
    """`pocket` measures what ships; `debug` only shows that everything runs."""
    rounds: int = 5
    """Turns that each contender gets."""
    threads: int = 1
    """Threads of torch, here and in processes that are started."""

    @property
    def debug(self) -> bool:
        """Whether this is a trial of the benchmarks themselves."""
        return self.size is Size.DEBUG

    @property
    def turn(self) -> float:
        """Seconds that a turn lasts at least: what is quicker is repeated."""
        return 0.0 if self.debug else 0.5
