"""Pictures of the pocket set: one pictogram on a soft background, at varied scale, place and colour.

The pictograms are RGBA with a transparent ground. Emoji keep their own colours; silhouettes, which are drawn in black,
are tinted with the colours their subject has in the world (brass is golden, a xylophone a rainbow). Of a digit's
keycap only the lettering is used, as a silhouette. Few, clear pictograms a class: what a small network must not spend
on telling drawing styles apart, it spends on shapes.
"""

import colorsys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from hearsight.data.pairs import Item, Split
from hearsight.data.sources import releasable
from hearsight.errors import DataError
from hearsight.files import write_atomically
from hearsight.seeds import derive

Colour = tuple[int, int, int]
BRASS: tuple[Colour, ...] = ((172, 114, 16), (186, 128, 24), (148, 94, 12))
WOOD: tuple[Colour, ...] = ((60, 40, 34), (40, 40, 48), (96, 56, 36))
STEEL: tuple[Colour, ...] = ((96, 108, 124), (70, 84, 104), (120, 130, 140))
TOOL: tuple[Colour, ...] = ((216, 84, 24), (196, 40, 40), (44, 110, 62))
INK: tuple[Colour, ...] = ((30, 30, 36), (150, 30, 40), (24, 44, 124), (20, 90, 60), (96, 30, 110))
RAINBOW: tuple[Colour, ...] = ()


@dataclass(frozen=True)
class Subject:
    """How one class is drawn."""

    patterns: tuple[str, ...]
    """File patterns below `pictograms/<class>/`; each pattern is drawn equally often, whatever it matches."""
    tint: tuple[Colour, ...] = INK
    """Colours for black silhouettes; none of them (RAINBOW) gives all hues from left to right."""
    mirrored: bool = True
    """Whether a mirror image still shows the same thing (a digit does not survive it)."""
    lettering: bool = False
    """Whether only the white lettering of a keycap is drawn, as a silhouette."""


def emoji(code: str) -> tuple[str, ...]:
    """The patterns of one emoji in the three styles that read best when small."""
    return (f"fluentflat_{code}", f"noto_{code}", f"twemoji_{code}")


DIGIT = Subject(("fluentflat_*", "noto_*"), INK, mirrored=False, lettering=True)

SUBJECTS: dict[str, Subject] = {
    "chainsaw": Subject(("gameicons_delapouite-chainsaw",), TOOL),
    "clock_tick": Subject(emoji("23F0")),
    "crackling_fire": Subject(emoji("1F525")),
    "crying_baby": Subject(("noto_1F476", "twemoji_1F476", "fluentflat_1F62D", "noto_1F62D")),
    "dog": Subject(emoji("1F436")),
    "helicopter": Subject(emoji("1F681")),
    "person_sneeze": Subject(emoji("1F927")),
    "rain": Subject((*emoji("2614"), "fluentcolor_1F327")),
    "rooster": Subject(("fluentflat_1F413", "noto_1F413", "emojione_1F413")),
    "sea_waves": Subject(emoji("1F30A")),
    "banjo": Subject(emoji("1FA95")),
    "clarinet": Subject(("gameicons_*",), WOOD),
    "flute": Subject(("noto_1FA88", "gameicons_*"), STEEL),
    "french_horn": Subject(("gameicons_*",), BRASS),
    "guitar": Subject((*emoji("1F3B8"), "mdi_guitar-acoustic"), WOOD),
    "piano": Subject(("fluentflat_1F3B9", "twemoji_1F3B9", "gameicons_caro-asercion-grand-piano"), INK),
    "saxophone": Subject(emoji("1F3B7")),
    "trombone": Subject(("gameicons_*",), BRASS),
    "violin": Subject(emoji("1F3BB")),
    "xylophone": Subject(("gameicons_*",), RAINBOW),
    **{f"digit_{digit}": DIGIT for digit in range(10)},
}


def picture(subject: Subject, folder: Path, random: np.random.Generator, size: int = 128) -> Image.Image:
    """One composed RGB picture of `subject`, `size` pixels square, from the pictograms in `folder`."""
    pictogram = _cutout(choose(subject, folder, random), subject.lettering)
    if _is_silhouette(pictogram):
        pictogram = _tinted(pictogram, subject.tint, random)
    if subject.mirrored and random.random() < 0.5:
        pictogram = pictogram.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    scale = random.uniform(0.76, 0.94) * size / max(pictogram.size)
    width, height = (max(1, round(side * scale)) for side in pictogram.size)
    pictogram = pictogram.resize((width, height), Image.Resampling.LANCZOS)
    ground = _background(random, size)
    place = (round(random.uniform(0.2, 0.8) * (size - width)), round(random.uniform(0.2, 0.8) * (size - height)))
    ground.paste(pictogram, place, pictogram)
    return ground


def choose(subject: Subject, folder: Path, random: np.random.Generator) -> Path:
    """The pictogram that `picture` draws with the same generator. Raises DataError if a pattern matches none."""
    files = _pictograms(folder, subject.patterns[random.integers(len(subject.patterns))])
    return files[random.integers(len(files))]


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


@lru_cache(maxsize=256)
def _pictograms(folder: Path, pattern: str) -> list[Path]:
    files = sorted(folder.glob(f"{pattern}.png"))
    if not files:
        raise DataError(f"{folder}: no pictogram matches {pattern}.png; --pairs must name the folder with pictograms/.")
    return files


@lru_cache(maxsize=512)
def _cutout(path: Path, lettering: bool = False) -> Image.Image:
    """The pictogram cropped to what is not transparent."""
    image = Image.open(path).convert("RGBA")
    if lettering:
        image = _lettering(image)
    return image.crop(image.getchannel("A").getbbox() or (0, 0, *image.size))


def _lettering(keycap: Image.Image) -> Image.Image:
    """A keycap's white digit in black on a transparent ground. The keys are blue, so red tells the two apart."""
    red, alpha = (keycap.getchannel(channel) for channel in "RA")
    white = red.point([min(255, max(0, 3 * (value - 170))) for value in range(256)])
    ink = Image.new("RGBA", keycap.size)
    ink.putalpha(ImageChops.darker(white, alpha))
    return ink


def _is_silhouette(pictogram: Image.Image) -> bool:
    pixels = np.asarray(pictogram)
    return bool(pixels[pixels[..., 3] > 128][:, :3].max(initial=0) < 40)


def _tinted(pictogram: Image.Image, tint: tuple[Colour, ...], random: np.random.Generator) -> Image.Image:
    pixels = np.array(pictogram)
    if not tint:
        hues = np.linspace(0, 0.8, pixels.shape[1])
        pixels[..., :3] = [[round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.8, 0.85)] for hue in hues]
    else:
        colour = np.array(tint[random.integers(len(tint))]) + random.integers(-12, 13, 3)
        pixels[..., :3] = colour.clip(0, 255)
    return Image.fromarray(pixels)


def _background(random: np.random.Generator, size: int) -> Image.Image:
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
