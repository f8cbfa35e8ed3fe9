"""A whole evaluation: the held-out sounds are drawn, every metric is measured, a report is written.

Whatever takes long is kept and not done again: pictures by their recipe, features by the content of their files.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hearsight import __version__
from hearsight.config import plain
from hearsight.data.find_shared_space import SHARING
from hearsight.encoders.shared_space import SharedSpace
from hearsight.evaluation import figures
from hearsight.evaluation.drawing import Drawing, draw_into, find, planned
from hearsight.evaluation.feature_store import content_hash
from hearsight.evaluation.held_out import HeldOutSound, sounds
from hearsight.evaluation.instruments import Instruments
from hearsight.evaluation.measurement import METRICS, Measurement
from hearsight.evaluation.processes import Processes
from hearsight.evaluation.report import Report, write
from hearsight.evaluation.sample import Sample
from hearsight.systems.base import System

Progress = Callable[[str, int, int], None]
CACHE = Path(".cache") / "features"
"""where a data folder keeps features, so that the real pictures' serve every system"""


@dataclass(frozen=True)
class Evaluation:
    """What is to be measured, on what, by whom."""

    drawing: Drawing
    """The data folder, and how its sounds are drawn."""
    sounds_per_class: int | None = None
    """The first so many sounds of each class; None: all."""
    metrics: Sequence[str] | None = None
    """Names of METRICS; None: all that can be measured."""
    instruments: Instruments = field(default_factory=Instruments)
    """The networks that measure."""
    cache: Path | None = None
    """Where features are kept; None: in the data folder."""


def evaluate(
    evaluation: Evaluation,
    out: Path,
    *,
    system: System | None,
    name: str,
    pictures: Path | None = None,
    settings: dict[str, Any] | None = None,
    processes: Processes | None = None,
    progress: Progress | None = None,
) -> Report:
    """Draw (or find in the folder `pictures`), measure, and write the report into `out`.

    Args:
        system: what draws; None where `pictures` are somebody else's.
        name: what the report calls it.
        settings: settings of the drawing.

    Raises ConfigError and DataError for whatever cannot be measured, before anything is drawn. Metrics that were not
    asked for by name are left out instead, and the report says why.
    """
    drawing, settings, processes = evaluation.drawing, settings or {}, processes or Processes()
    heard = sounds(drawing.data, evaluation.sounds_per_class)
    files = find(pictures, heard) if pictures else planned(out / "pictures", heard, drawing)
    cache = evaluation.cache or drawing.data / CACHE
    measurement = Measurement(
        Sample(drawing.data, heard, files, cache, processes, progress),
        evaluation.instruments,
        own_space(system) if system else None,
    )
    metrics, left_out = _chosen(measurement, evaluation.metrics)
    if system and not pictures:
        tell = progress
        step = (lambda done, of: tell("drawing what was held out", done, of)) if tell else None
        draw_into(out / "pictures", system, heard, drawing, settings, processes=processes, progress=step)
    results = [result for metric in metrics for result in measurement.measure(metric)]
    report = Report(name, _about(evaluation, heard, files, system, pictures, settings), results, left_out)
    if processes.first:
        write(report, figures.draw(drawing.data, heard, files, results), out)
    return report


def own_space(system: System) -> SharedSpace:
    """The space in which a system hears, with what of its networks shares it."""
    return SharedSpace.of(*(network for network in system.components.values() if isinstance(network, SHARING)))


def _chosen(measurement: Measurement, metrics: Sequence[str] | None) -> tuple[Sequence[str], dict[str, str]]:
    """(what is measured, why other metrics are not)."""
    if metrics is None:
        return measurement.possible()
    for metric in metrics:
        measurement.check(metric)
    return [metric for metric in METRICS if metric in metrics], {}


def _about(
    evaluation: Evaluation,
    heard: Sequence[HeldOutSound],
    files: Sequence[Sequence[Path]],
    system: System | None,
    pictures: Path | None,
    settings: dict[str, Any],
) -> dict[str, Any]:
    import torch

    drawing = evaluation.drawing
    content = hashlib.sha256(b"".join(content_hash(drawing.data / sound.item.path) for sound in heard))
    drawn: dict[str, Any] = {"pictures": f"found in {pictures}"}
    if system and not pictures:
        drawn = {
            "weights": system.weights_sha256,
            "settings": plain(system.settings(**settings)),
            "seed": drawing.seed,
            "drawn from": "the names of the classes" if drawing.topline else "the sounds",
        }
    return {
        **drawn,
        "data": str(drawing.data),
        "sounds": len(heard),
        "sounds sha256": content.hexdigest(),
        "classes": len({sound.label for sound in heard}),
        "pictures measured": sum(map(len, files)),
        "versions": {"hearsight": __version__, "torch": torch.__version__},
    }
