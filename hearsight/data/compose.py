"""Pictures of the pocket set: one pictogram on a soft background, at varied scale, place and colour."""

import colorsys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from hearsight.data.pairs import Item, Split
from hearsight.data.pictogram import choose, pictogram
from hearsight.data.sources import releasable
from hearsight.data.subjects import SUBJECTS, Subject
from hearsight.errors import DataError
from hearsight.files import write_atomically
from hearsight.seeds import derive


def picture(subject: Subject, folder: Path, random: np.random.Generator, size: int = 128) -> Image.Image:
    """One composed RGB picture of `subject`, `size` pixels square, from the pictograms in `folder`."""
    drawn = scaled(pictogram(subject, folder, random), random.uniform(0.76, 0.94) * size)
    ground = pale_ground(random, size)
    across, down = (round(random.uniform(0.2, 0.8) * (size - side)) for side in drawn.size)
    ground.paste(drawn, (across, down), drawn)
    return ground


def scaled(drawn: Image.Image, longest: float) -> Image.Image:
    """A picture whose longer side is `longest` pixels."""
    width, height = (max(1, round(side * longest / max(drawn.size))) for side in drawn.size)
    return drawn.resize((width, height), Image.Resampling.LANCZOS)


def pale_ground(random: np.random.Generator, size: int) -> Image.Image:
    """A pale gradient between two neighbouring hues, in a random direction."""
    hue = random.random()
    first, second = (
        255 * np.array(colorsys.hls_to_rgb((hue + turn) % 1, random.uniform(0.8, 0.96), random.uniform(0.3, 0.9)))
        for turn in (0, random.uniform(-0.08, 0.08))
    )
    angle = random.uniform(0, 2 * np.pi)
    axis = np.linspace(-0.5, 0.5, size)
    mix = (np.cos(angle) * axis[None] + np.sin(angle) * axis[:, None])[..., None] / 1.42 + 0.5
    return Image.fromarray((first * (1 - mix) + second * mix).round().astype(np.uint8))


def make_pictures(
    pairs: Path, out: Path, *, train: int = 800, held_out: int = 50, size: int = 128, seed: int = 0, workers: int = 2
) -> Iterator[Item]:
    """Compose the pictures of every class into `out/pictures/<split>/<class>/`, yielding the manifest's item for each.

    Picture n of a class is a function of (seed, split, class, n) alone; files that are there already are kept.
    """
    splits: tuple[tuple[Split, int], ...] = (("train", train), ("held_out", held_out))
    jobs = [_Job(pairs, out, label, split, count, size, seed) for label in SUBJECTS for split, count in splits]
    credits = releasable(pairs)
    with ProcessPoolExecutor(workers) as pool:
        for job, _ in zip(jobs, pool.map(_make_folder, jobs), strict=True):
            for number in range(job.count):
                pictogram = choose(SUBJECTS[job.label], job.pictograms, job.random(number))
                credit = credits.get(pictogram.relative_to(pairs).as_posix())
                if credit is None:
                    raise DataError(
                        f"{pictogram}: not of tier A in SOURCES.csv, so no weights may come of it; remove it."
                    )
                path = job.path(number).relative_to(out).as_posix()
                yield Item(path, "picture", job.label, job.split, pictogram.stem, *credit)


@dataclass(frozen=True)
class _Job:
    """The pictures of one class and split."""

    pairs: Path
    out: Path
    label: str
    split: Split
    count: int
    size: int
    seed: int

    @property
    def pictograms(self) -> Path:
        return self.pairs / "pictograms" / self.label

    def path(self, number: int) -> Path:
        return self.out / "pictures" / self.split / self.label / f"{number:04}.png"

    def random(self, number: int) -> np.random.Generator:
        return np.random.default_rng(derive(self.seed, self.split, self.label, number))


def _make_folder(job: _Job) -> None:
    for number in range(job.count):
        path = job.path(number)
        if not path.exists():
            drawn = picture(SUBJECTS[job.label], job.pictograms, job.random(number), job.size)
            with write_atomically(path) as partial:
                drawn.save(partial, "PNG", compress_level=6)
