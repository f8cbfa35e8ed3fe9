"""Pictograms as they are drawn: chosen, cut out, tinted, mirrored.

They are RGBA with a transparent ground. Emoji keep their own colours; silhouettes, which are drawn in black, are tinted
with the colours their subject has in the world (brass is golden, a xylophone a rainbow). Of a digit's keycap only the
lettering is used, as a silhouette.
"""

import colorsys
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from hearsight.data.subjects import Colour, Subject
from hearsight.errors import DataError


def pictogram(subject: Subject, folder: Path, random: np.random.Generator) -> Image.Image:
    """One RGBA pictogram of `subject` from those in `folder`, cropped to what is seen."""
    drawn = _cutout(choose(subject, folder, random), subject.lettering)
    if _is_silhouette(drawn):
        drawn = _tinted(drawn, subject.tint, random)
    if subject.mirrored and random.random() < 0.5:
        drawn = drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return drawn


def choose(subject: Subject, folder: Path, random: np.random.Generator) -> Path:
    """The file that `pictogram` draws with the same generator. Raises DataError if a pattern matches none."""
    files = _pictograms(folder, subject.patterns[random.integers(len(subject.patterns))])
    return files[random.integers(len(files))]


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
