"""Ctrl-C (or a scheduler's SIGTERM) as a wish to stop after the step at hand, not an accident in the middle of it."""

import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any


class Interruption:
    """A context manager; inside it the first signal sets `wanted`, one after `patience` seconds interrupts at once.

    Signals in between are the same wish: a launcher such as torchrun passes on the Ctrl-C that its processes also got.
    """

    def __init__(self, patience: float = 2.0) -> None:
        self.wanted, self.patience, self.since = False, patience, 0.0
        self.previous: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():  # elsewhere Python allows no handlers
            for number in (signal.SIGINT, signal.SIGTERM):
                self.previous[number] = signal.signal(number, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if not self.wanted:
            self.wanted, self.since = True, time.monotonic()
        elif time.monotonic() - self.since >= self.patience:
            raise KeyboardInterrupt


def ignore(worker: int = 0) -> None:
    """For worker processes, which get the terminal's Ctrl-C too: their parent decides when they end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
