"""The pocket set: thirty classes that can be heard and seen, made from open recordings, a synthesiser and a speaker.

    ten of ESC-10          recordings; folds 1-3 train, fold 4 held out
    ten spoken digits      recordings, speaker theo held out; voices of espeak-ng for training only
    ten instruments        phrases played by FluidSynth, some held out; single notes of real ones where there are any

Every file is a function of the seed and its own name alone: any number of workers makes the same set, and a set that
was interrupted goes on where it stopped.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearsight.data import compose, instruments, speech
from hearsight.data.instruments import INSTRUMENTS
from hearsight.data.pairs import Item, Split, write_manifest
from hearsight.data.sources import releasable
from hearsight.data.subjects import SUBJECTS
from hearsight.errors import DataError
from hearsight.files import write_atomically
from hearsight.seeds import derive

RATE = 22050
HELD_OUT_FOLD = "4"
HELD_OUT_SPEAKER = "theo"
ENVIRONMENT = (
    "chainsaw",
    "clock_tick",
    "crackling_fire",
    "crying_baby",
    "dog",
    "helicopter",
    "person_sneeze",
    "rain",
    "rooster",
    "sea_waves",
)
DIGITS = tuple(f"digit_{digit}" for digit in range(10))
CLASSES = ENVIRONMENT + DIGITS + tuple(INSTRUMENTS)


@dataclass(frozen=True)
class Sizes:
    """How many of everything that is made rather than recorded, per class."""

    train_phrases: int = 120
    """Instrument phrases to train on."""
    held_out_phrases: int = 20
    """Instrument phrases to measure on."""
    utterances: int = 80
    """Spoken digits of espeak-ng to train on."""
    train_pictures: int = 800
    """Composed pictures to train on."""
    held_out_pictures: int = 50
    """Composed pictures to measure on."""


def make(
    pairs: Path,
    out: Path,
    *,
    seed: int = 0,
    workers: int = 2,
    sizes: Sizes | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Make the pocket set in `out` and return its manifest's path; files that are there already are kept.

    `progress(done, all)` is called after every sound and picture. Raises DataError when `pairs` lacks
    something and MissingDependency without FluidSynth, its sound font or espeak-ng.
    """
    sizes = sizes or Sizes()
    jobs = list(chain(_recordings(pairs), _phrases(sizes, seed), _utterances(sizes, seed)))
    pictures = len(SUBJECTS) * (sizes.train_pictures + sizes.held_out_pictures)
    items: list[Item] = []
    with ProcessPoolExecutor(workers) as pool:
        for item in chain(pool.map(_Make(out, seed), jobs, chunksize=8), _pictures(pairs, out, sizes, seed, workers)):
            items.append(item)
            if progress:
                progress(len(items), len(jobs) + pictures)
    return write_manifest(out, items)


@dataclass(frozen=True)
class _Job:
    """A sound to be made: `recording` is a file, else the item's name and the seed say what is played or spoken."""

    item: Item
    recording: Path | None = None


@dataclass(frozen=True)
class _Make:
    """Makes the sound of a job unless it is there; a class rather than a closure, to travel to other processes."""

    out: Path
    seed: int

    def __call__(self, job: _Job) -> Item:
        import soundfile

        path = self.out / job.item.path
        if not path.exists():
            samples = _samples(job, np.random.default_rng(derive(self.seed, job.item.path)))
            with write_atomically(path) as partial:
                soundfile.write(partial, samples, RATE, format="FLAC", subtype="PCM_16")
        return job.item


def _samples(job: _Job, random: np.random.Generator) -> Float[np.ndarray, " time"]:
    if job.recording:
        return _resampled(*_read(job.recording))
    label = job.item.label
    if label in INSTRUMENTS:
        phrase = instruments.phrase(INSTRUMENTS[label], random, held_out=job.item.split == "held_out")
        samples = instruments.render(phrase, RATE)
    else:
        samples, rate = speech.speak(speech.utterance(int(label.removeprefix("digit_")), random))
        if random.random() < 0.6:  # most sound as dull as the real recordings, whose rate is 8 kHz
            samples, rate = _resampled(samples, rate, 8000), 8000
        samples = _resampled(samples, rate)
    return samples * (random.uniform(0.25, 0.9) / max(float(np.abs(samples).max()), 1e-4))


def _recordings(folder: Path) -> Iterator[_Job]:
    """The recordings of tier A, the only ones from which weights may be released."""
    notes = 0
    for file, credit in releasable(folder).items():
        top, _, rest = file.partition("/")
        label = rest.partition("/")[0]
        if top == "sounds" and label in CLASSES:
            notes += label in INSTRUMENTS
            group, split = _group(label, Path(file).stem, notes)
            path = f"sounds/{split}/{label}/{Path(file).stem}.flac"
            yield _Job(Item(path, "sound", label, split, group, *credit), folder / file)


def _group(label: str, name: str, number: int) -> tuple[str, Split]:
    """(what must stay together, split) of a recording, from its file name."""
    if label in ENVIRONMENT:
        fold = name.partition("-")[0]
        return f"fold {fold}", "held_out" if fold == HELD_OUT_FOLD else "train"
    if label in DIGITS:
        speaker = name.split("_")[1]
        return speaker, "held_out" if speaker == HELD_OUT_SPEAKER else "train"
    return f"note {name}", "held_out" if number % 4 == 0 else "train"


def _phrases(sizes: Sizes, seed: int) -> Iterator[_Job]:
    about = ("FluidSynth with FluidR3_GM.sf2 (Debian fluid-soundfont-gm)", "MIT", "Frank Wen (sound font)")
    splits: tuple[tuple[Split, int], ...] = (("train", sizes.train_phrases), ("held_out", sizes.held_out_phrases))
    for label in INSTRUMENTS:
        for split, count in splits:
            for number in range(count):
                path = f"sounds/{split}/{label}/phrase_{number:03}.flac"
                yield _Job(Item(path, "sound", label, split, f"{split} phrases, seed {seed}", *about))


def _utterances(sizes: Sizes, seed: int) -> Iterator[_Job]:
    about = ("espeak-ng", "made by the program; no rights claimed in its output", "espeak-ng contributors")
    for label in DIGITS:
        for number in range(sizes.utterances):
            path = f"sounds/train/{label}/espeak_{number:03}.flac"
            yield _Job(Item(path, "sound", label, "train", f"espeak-ng, seed {seed}", *about))


def _pictures(folder: Path, out: Path, sizes: Sizes, seed: int, workers: int) -> Iterator[Item]:
    counts = {"train": sizes.train_pictures, "held_out": sizes.held_out_pictures}
    if any(counts.values()):
        yield from compose.make_pictures(folder, out, **counts, seed=seed, workers=workers)


def _read(path: Path) -> tuple[Float[np.ndarray, "time channel"], int]:
    import soundfile

    try:
        return soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError):
        raise DataError(
            f"{path}: named in SOURCES.csv but not a sound that can be read; fetch the pairs again."
        ) from None


def _resampled(samples: Float[np.ndarray, "..."], rate: int, wanted: int = RATE) -> Float[np.ndarray, " time"]:
    import soxr

    mono = samples.mean(axis=1) if samples.ndim == 2 else samples
    return mono if rate == wanted else soxr.resample(mono, rate, wanted, quality="HQ")
