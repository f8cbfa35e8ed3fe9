"""Captions become speech: one Opus file each, in many voices; an interrupted run goes on where it was.

OUT/
  <name>.opus       one for every caption, with its text and how it was said in its tags
  manifest.csv      what training reads, with text, voice, speed, pitch and seconds of each
  failures.csv      captions that could not be spoken, and why

A caption's voice, speed and pitch are a function of (seed, name): workers and interruptions change nothing.
"""

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

import numpy as np

from hearsight.data.captions import Caption
from hearsight.data.opus import read_tags, write_opus
from hearsight.data.pairs import Item
from hearsight.data.voices import Engine, Espeak, Manner
from hearsight.errors import DataError, SoundError
from hearsight.files import write_atomically
from hearsight.seeds import derive

Job = TypeVar("Job")
Result = TypeVar("Result")

LOUDNESS = 0.6
"""Highest sample of every sentence: voices differ in loudness more than people would."""
SHORTEST = 0.1
"""Seconds below which a sentence counts as not spoken."""
AHEAD = 4
"""Captions handed out per worker."""


@dataclass(frozen=True)
class Spoken(Item):
    """One spoken caption: one row of the manifest."""

    text: str = ""
    """What is said."""
    voice: str = ""
    """Who says it; also its `group`."""
    speed: int = 0
    """Words per minute; 0 where the engine decides."""
    pitch: int = 50
    """From 0 to 99; 50 is the voice's own."""
    seconds: float = 0.0
    """How long it is."""


@dataclass(frozen=True)
class Failure:
    """A caption that could not be spoken: one row of the list of failures."""

    name: str
    """Of the caption."""
    text: str
    """What should have been said."""
    reason: str
    """Why it was not."""


@dataclass(frozen=True)
class Report:
    """What became of a list of captions."""

    manifest: Path
    """The manifest."""
    spoken: tuple[Spoken, ...]
    """What was spoken, now or before."""
    failures: tuple[Failure, ...]
    """What was not."""


def speak_captions(
    captions: Sequence[Caption],
    out: Path,
    *,
    engine: Engine | None = None,
    seed: int = 0,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Speak every caption into the folder `out`; what was said before in the same words and manner is kept.

    `progress(done, all)` is called after every caption. Raises MissingDependency without espeak-ng, and DataError where
    two captions have one name.
    """
    if len({caption.name for caption in captions}) < len(captions):
        raise DataError(f"{out}: two captions would be one file; give every caption a name of its own.")
    work = _Work(out, engine or Espeak(), seed)
    done: list[Spoken | Failure] = []
    for result in _side_by_side(work, captions, workers):
        done.append(result)
        if progress:
            progress(len(done), len(captions))
    spoken = tuple(one for one in done if isinstance(one, Spoken))
    failures = tuple(one for one in done if isinstance(one, Failure))
    _write_table(out / "failures.csv", Failure, failures)
    return Report(_write_table(out / "manifest.csv", Spoken, spoken), spoken, failures)


def speak_as(text: str, manner: Manner, path: Path, engine: Engine) -> Path:
    """Say `text` in one manner into the Opus file `path`, and return it; what was said there before is kept.

    Raises SoundError for a text that cannot be said.
    """
    how = spoken_how(engine, manner)
    if path.exists() and read_tags(path)[:2] == (text, how):
        return path
    samples, rate = engine.say(text, manner)
    if len(samples) < SHORTEST * rate:
        raise SoundError(f"{text!r}: takes only {len(samples) / rate:.2f} s to say; write words.")
    louder = samples * (LOUDNESS / float(np.abs(samples).max()))
    write_opus(path, louder, rate, {"title": text, "artist": how})
    return path


def spoken_how(engine: Engine, manner: Manner | None = None) -> str:
    """The tag of an Opus file that says who spoke it and in which manner; without a manner, how all of them begin."""
    return f"{engine.name}: {manner or ''}"


@dataclass(frozen=True)
class _Work:
    """Speaks a caption."""

    out: Path
    engine: Engine
    seed: int

    def __call__(self, caption: Caption) -> Spoken | Failure:
        random = np.random.default_rng(derive(self.seed, "speaking", caption.name))
        manner = self.engine.manner(caption.split, random)
        path = self.out / f"{caption.name}.opus"
        try:
            speak_as(caption.text, manner, path, self.engine)
        except SoundError as error:
            return Failure(caption.name, caption.text, str(error))
        return Spoken(
            path=f"{caption.name}.opus",
            kind="sound",
            label=caption.label,
            split=caption.split,
            group=manner.voice,
            source=self.engine.name,
            text=caption.text,
            voice=manner.voice,
            speed=manner.speed,
            pitch=manner.pitch,
            seconds=round(read_tags(path)[2], 2),
        )


def _side_by_side(work: Callable[[Job], Result], jobs: Iterable[Job], workers: int) -> Iterator[Result]:
    """Results in the order of jobs. Threads are enough: the work is done by other programs and by C."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for job in jobs:
                waiting.append(pool.submit(work, job))
                if len(waiting) > AHEAD * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _write_table(path: Path, kind: type[Spoken] | type[Failure], rows: Iterable[Spoken | Failure]) -> Path:
    with write_atomically(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
    return path
