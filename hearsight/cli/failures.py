"""What becomes of a bad sound among many: it is noted, the others go on, and the end tells of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hearsight.errors import MissingDependency, SoundError


class Failures:
    """The sounds that could not be used."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    @contextmanager
    def noted(self, sound: Path) -> Iterator[None]:
        """Note an error of `sound` instead of raising it; other errors are not the sound's fault and pass."""
        try:
            yield
        except (SoundError, MissingDependency) as error:
            message = str(error)
            self.lines.append(message.replace(sound.name, str(sound), 1) if message.startswith(sound.name) else message)

    def report(self, sounds: int) -> int:
        """Print every failure on stderr; returns the exit code, 2 where there was one."""
        for line in self.lines:
            print(f"hearsight: {' '.join(line.split())}", file=sys.stderr)
        if self.lines and sounds > 1:
            print(f"hearsight: {len(self.lines)} of {sounds} sounds could not be used.", file=sys.stderr)
        return 2 if self.lines else 0
