"""How long a system takes from a sound's file to its picture."""

import json
import os
import platform
import statistics
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from hearsight.config import plain
from hearsight.errors import DataError, SoundError
from hearsight.files import write_atomically
from hearsight.picture import Picture
from hearsight.systems.base import System

TIMED = 5
"""pictures that are timed"""


@dataclass(frozen=True)
class Timing:
    """What a picture costs."""

    seconds: float
    """The median over `pictures`, each alone, the system being loaded and warm."""
    pictures: int
    """How many were drawn."""
    machine: str
    """On what."""


def warm_up(system: System, sound: Path) -> None:
    """One picture of a single step, if there are steps: what is done but once is then done.

    An error passes: whoever draws will meet it again.
    """
    quick: dict[str, Any] = {"steps": 1} if "steps" in system.defaults() else {}
    with suppress(Exception):
        list(system.pictures(sound, **quick))


def timed(system: System, sound: Path, seed: int = 0) -> tuple[Picture, float]:
    """(a picture of the sound, the seconds it took)."""
    started = time.perf_counter()
    (picture,) = system.pictures(sound, seed=seed)
    return picture, time.perf_counter() - started


def measure(system: System, sounds: Iterable[Path], *, pictures: int = TIMED, kept: Path | None = None) -> Timing:
    """The time of a picture of each of the first few sounds that the system can hear.

    Args:
        kept: a JSON file that remembers the time of the same system, settings and machine, which is then taken.

    Raises DataError where it hears none of them.
    """
    about = {**_about(system), "pictures": pictures}
    if kept and kept.is_file():
        known = json.loads(kept.read_text(encoding="utf-8"))
        if known["of"] == about:
            return Timing(**known["timing"])
    times: list[float] = []
    for sound in sounds:
        if len(times) == pictures:
            break
        if not times:
            warm_up(system, sound)
        with suppress(SoundError):
            times.append(timed(system, sound)[1])
    if not times:
        raise DataError(f"{system.name}: hears none of these sounds, so no picture can be timed; give others.")
    timing = Timing(statistics.median(times), len(times), about["machine"])
    if kept:
        with write_atomically(kept) as partial:
            partial.write_text(json.dumps({"timing": asdict(timing), "of": about}, indent=2) + "\n", encoding="utf-8")
    return timing


def in_words(seconds: float) -> str:
    """A time with the digits that matter."""
    if seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def machine(device: torch.device) -> str:
    """What computes: the GPU, or the processor and the number of threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'s' if threads > 1 else ''}"


def _about(system: System) -> dict[str, Any]:
    settings = plain(system.settings())
    return {"weights": system.weights_sha256, "settings": settings, "machine": machine(system.device)}


def _processor() -> str:
    with suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or f"{os.cpu_count()} CPUs"
