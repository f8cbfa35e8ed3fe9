"""What a training says while it runs: a bar on a terminal, plain lines elsewhere, TensorBoard curves in any case."""

import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hearsight.errors import MissingDependency


class TrainingProgress:
    """Shows and records the scalars of a training; a context manager. A `silent` one does nothing."""

    def __init__(self, logs: Path, *, done: int, steps: int, silent: bool = False) -> None:
        self.logs, self.done, self.steps, self.silent = logs, done, steps, silent
        self.console = Console(stderr=True, highlight=False, soft_wrap=True, quiet=silent)
        self.bar: Progress | None = None
        self.task = TaskID(0)
        self.since = (time.monotonic(), done)

    def __enter__(self) -> "TrainingProgress":
        if self.silent:
            return self
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise MissingDependency("training needs tensorboard: pip install 'hearsight[train]'") from None
        # What an interrupted run logged after the checkpoint is taken out of the curves.
        self.writer = SummaryWriter(str(self.logs), purge_step=self.done + 1)
        if self.console.is_terminal:
            columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
            self.bar = Progress(*columns, console=self.console)
            self.task = self.bar.add_task("", total=self.steps, completed=self.done)
            self.bar.start()
        self.since = (time.monotonic(), self.done)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar:
            self.bar.stop()
        if not self.silent:
            self.writer.close()

    def advance(self) -> None:
        """One step is done."""
        self.done += 1
        if self.bar:
            self.bar.update(self.task, completed=self.done)

    def report(self, scalars: Mapping[str, float]) -> None:
        """Show and record `scalars`, the means since the last report."""
        if self.silent:
            return
        (then, done), now = self.since, time.monotonic()
        speed = (self.done - done) / max(now - then, 1e-9)
        self.since = (now, self.done)
        for name, value in {**scalars, "steps_per_second": speed}.items():
            self.writer.add_scalar(name, value, self.done)
        told = "  ".join(f"{name} {value:.4g}" for name, value in scalars.items())
        if self.bar:
            self.bar.update(self.task, description=f"{told}  {speed:.3g} steps/s")
        else:
            left = _clock((self.steps - self.done) / speed)
            self.say(f"step {self.done}/{self.steps}  {told}  {speed:.3g} steps/s  {left} left")

    def say(self, line: str) -> None:
        """A line beside the bar, written out at once."""
        self.console.print(line, markup=False)
        self.console.file.flush()


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"
