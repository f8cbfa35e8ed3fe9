"""What is measured of one run of a sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hearsight.config import nearest
from hearsight.data import pairs
from hearsight.data.first_seconds import FirstSeconds, first_seconds
from hearsight.encoders.shared_space import SharedSpace
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.errors import ConfigError, DataError
from hearsight.evaluation.drawing import Drawing, planned
from hearsight.evaluation.evaluate import CACHE, Evaluation, Progress, evaluate
from hearsight.evaluation.eyes import JUDGE
from hearsight.evaluation.frechet_distance import frechet_inception_distance
from hearsight.evaluation.held_out import sounds
from hearsight.evaluation.instruments import Instruments
from hearsight.evaluation.kernel_distance import kernel_inception_distance
from hearsight.evaluation.measurement import METRICS, Measurement
from hearsight.evaluation.resizing import Resize
from hearsight.evaluation.result import Result
from hearsight.evaluation.sample import Sample
from hearsight.systems import load
from hearsight.systems.find_audioclip import find_audioclip

TO_TRAINING = ("fid_train", "kid_train")
"""distances from the pictures that were trained on (thesis, table 5.4), beside the metrics of `hearsight evaluate`"""


@dataclass(frozen=True)
class Measuring:
    """What is measured, on what, with what."""

    of: str
    """A system: its name, folder or hub id, or `${name}` of a training. For querying alone, an AudioCLIP will do."""
    data: Path
    """The data folder whose held-out half is drawn."""
    metrics: tuple[str, ...] = ("adherence",)
    """Names of metrics, as `hearsight evaluate --metrics` has them, and TO_TRAINING."""
    after: float = 1.0
    """After which share of its training; 0 measures an ear before its first step."""
    sounds: int | None = None
    """The first so many sounds of each class; None: all."""
    first: FirstSeconds | None = None
    """Only the first seconds of every sound."""
    count: int = 1
    """Pictures of every sound."""
    seed: int = 0
    """Seed of the first picture of every class."""
    draw: Mapping[str, Any] = field(default_factory=dict)
    """Settings of drawing: guidance, steps, scheduler and so on."""
    judge: Path | None = None
    """Folder of a picture classifier that knows the classes; None: the one that ships."""
    inception: Path | None = None
    """Inception's published file; None: the judge's features."""
    resize: Resize = "pytorch-fid"
    """How pictures are resized for Inception."""
    encoders: tuple[str, ...] = ()
    """What shares a space, for AIS and others; none: the pocket edition's AudioCLIP."""
    vocabulary: Path | None = None
    """The folder of CLIP's vocab.json and merges.txt, where texts are read as CLIP's tokens."""
    device: str | None = None
    """Where the networks run; by default a GPU where there is one."""

    def __post_init__(self) -> None:
        known = (*METRICS, *TO_TRAINING)
        for metric in self.metrics:
            if metric not in known:
                raise ConfigError(f"metrics: there is no {metric!r}; {nearest(metric, known)}")
        if not self.metrics:
            raise ConfigError("metrics: there are none; name some, e.g. [adherence, kid].")

    @property
    def instruments(self) -> Instruments:
        """The networks that measure."""
        judge = self.judge or JUDGE
        return Instruments(self.inception, self.resize, self.encoders, self.vocabulary, judge, self.device)


def measure(
    measuring: Measuring, out: Path, progress: Progress | None = None
) -> tuple[list[Result], Mapping[str, Any]]:
    """(the results, what they depend on). Pictures and a report go into `out`.

    Raises ConfigError, DataError and WeightsError for what cannot be measured.
    """
    cache = measuring.data / CACHE
    if measuring.first:
        place = out / "data" / measuring.first.name  # by its settings: others make another folder
        measuring = replace(measuring, data=first_seconds(measuring.data, place, measuring.first))
    if measuring.metrics == ("querying",):
        return _querying(measuring, cache, progress)
    asked = [metric for metric in measuring.metrics if metric not in TO_TRAINING]
    drawing = Drawing(measuring.data, measuring.count, measuring.seed)
    report = evaluate(
        Evaluation(drawing, measuring.sounds, asked, measuring.instruments, cache),
        out,
        system=load(measuring.of, device=measuring.device),
        name=measuring.of,
        settings=dict(measuring.draw),
        progress=progress,
    )
    heard = sounds(measuring.data, measuring.sounds)
    sample = Sample(measuring.data, heard, planned(out / "pictures", heard, drawing), cache, progress=progress)
    distances = [_to_training(metric, sample, measuring) for metric in measuring.metrics if metric in TO_TRAINING]
    return [*report.results, *distances], {**report.about, "judge": str(measuring.instruments.judge_folder)}


def _querying(measuring: Measuring, cache: Path, progress: Progress | None) -> tuple[list[Result], Mapping[str, Any]]:
    """The querying accuracy of an ear, of which nothing is drawn."""
    ear = find_audioclip(measuring.of, measuring.vocabulary, measuring.device)
    if ear.tokenizer is None and measuring.vocabulary:
        ear.tokenizer = CLIPTokenizer(measuring.vocabulary, ear.config.text.context)
    heard = sounds(measuring.data, measuring.sounds)
    sample = Sample(measuring.data, heard, [[] for _ in heard], cache, progress=progress)
    measurement = Measurement(sample, measuring.instruments, SharedSpace.of(ear))
    measurement.check("querying")
    about = {"data": str(measuring.data), "sounds": len(heard), "classes": len({sound.label for sound in heard})}
    return measurement.measure("querying"), about


def _to_training(metric: str, sample: Sample, measuring: Measuring) -> Result:
    """The distance of what was drawn from the pictures that were trained on."""
    eye = measuring.instruments.inception_eye
    labels = set(sample.labels)
    paths: Sequence[Path] = [
        measuring.data / item.path for item in pairs.read(measuring.data, "picture", "train") if item.label in labels
    ]
    if not paths:
        raise DataError(f"{measuring.data}: holds no training pictures; leave {metric} out.")
    seen, drawn = sample.features(eye, paths, "training pictures"), sample.drawn(eye)
    if metric == "fid_train":
        return frechet_inception_distance(seen, drawn, eye, metric="FID to training pictures")
    result = kernel_inception_distance(seen, drawn, eye)
    return replace(result, metric=f"{result.metric} to training pictures")
