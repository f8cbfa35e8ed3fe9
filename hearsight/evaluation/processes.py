"""Several processes at one measurement: each does a part of what takes long, then one of them reckons.

`torchrun --nproc-per-node 4 -m hearsight evaluate SYSTEM --data DIR` starts them, on one machine or, with a shared
folder, on several.
"""

import atexit
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Processes:
    """Which process this is, and how many there are."""

    rank: int = 0
    """Number of this one."""
    count: int = 1
    """How many there are."""

    @classmethod
    def started(cls) -> "Processes":
        """As torchrun started them; a single one without it."""
        return cls(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))

    @property
    def first(self) -> bool:
        """Whether this is the one that reckons and writes."""
        return self.rank == 0

    def takes(self, number: int) -> bool:
        """Whether the piece of work with this number is this process's."""
        return number % self.count == self.rank

    def device(self, chosen: str | None) -> str | None:
        """The device that was chosen; where none was, each process gets a GPU of its own, as far as there are some."""
        from torch import cuda

        if chosen or self.count == 1 or not cuda.is_available():
            return chosen
        return f"cuda:{int(os.environ.get('LOCAL_RANK', self.rank)) % cuda.device_count()}"

    def wait(self) -> None:
        """Go on when all are here."""
        if self.count == 1:
            return
        from datetime import timedelta

        from torch import distributed

        if not distributed.is_initialized():
            # A system may take hours to draw its share, and the quickest process waits for the slowest.
            distributed.init_process_group("gloo", timeout=timedelta(days=7))
            atexit.register(_leave)  # a group whose threads still run when Python ends now and then aborts it
        distributed.barrier()


def _leave() -> None:
    """End the group of processes, unless somebody has."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()
