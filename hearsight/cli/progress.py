"""Progress on a terminal's stderr; where stderr is no terminal, nothing at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


class Progress:
    """A bar over several things, which also moves within each of them."""

    def __init__(self, bars: "Bars", task: "TaskID") -> None:
        self._bars, self._task, self._finished = bars, task, 0

    def start(self, what: str) -> None:
        """Say what is being done now."""
        self._bars.update(self._task, description=what)

    def step(self, step: int, steps: int) -> None:
        """Step `step` of `steps` of the present thing is done."""
        self._bars.update(self._task, completed=self._finished + step / steps)

    def at(self, what: str, step: int, steps: int) -> None:
        """Step `step` of `steps` of `what` is done: for work that names its own parts."""
        self.start(what)
        self.step(step, steps)

    def finish(self, line: str) -> None:
        """The present thing is done; `line` stays on the terminal."""
        self._finished += 1
        self._bars.update(self._task, completed=self._finished)
        if not self._bars.disable:
            self._bars.console.print(line, markup=False, highlight=False)


@contextmanager
def progress(total: int, what: str = "") -> Iterator[Progress]:
    """Progress over `total` things, shown while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield Progress(bars, bars.add_task(what, total=total))
