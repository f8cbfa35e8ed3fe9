"""A contact sheet: what was heard above what was drawn, the name of the sound below."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont

from hearsight.errors import ConfigError
from hearsight.sound import Sound
from hearsight.sound.spectrum import LogMel, log_mel

MARGIN = 24
GAP = 6
SPECTROGRAM_HEIGHT = 0.36
"""as a share of the width"""
LINE_HEIGHT = 1.5
PAPER = (255, 255, 255)
INK = (38, 38, 46)
SHAPE = 1.6
"""the sheet's width over its height, as nearly as whole columns allow"""

LOUDEST = 65.0
"""decibels from the darkest to the brightest colour of a spectrogram"""
RATE = 22050
STOPS = (0.0, 0.3, 0.55, 0.78, 1.0)
NIGHT = ((13, 10, 38), (72, 22, 110), (184, 45, 105), (250, 130, 60), (254, 240, 180))
"""colours of a spectrogram from silence to loudness: night, violet, crimson, orange, straw"""


@dataclass(frozen=True, eq=False)
class Tile:
    """One sound of the sheet."""

    sound: Sound
    """What was heard."""
    pictures: Sequence[Image.Image]
    """What was drawn, from top to bottom."""
    caption: str
    """What stands below, in one line or several."""


def contact_sheet(tiles: Sequence[Tile], *, width: int = 192, columns: int | None = None) -> Image.Image:
    """The tiles in rows on white paper.

    Args:
        width: of every tile in pixels; pictures are scaled to it.
        columns: tiles in a row; by default as many as make a well-shaped sheet.
    """
    if not tiles:
        raise ConfigError("a contact sheet of nothing: give at least one tile.")
    drawn = [_draw(tile, width) for tile in tiles]
    height = max(image.height for image in drawn)
    columns = columns or _columns(len(tiles), width + MARGIN, height + MARGIN)
    rows = math.ceil(len(tiles) / columns)
    sheet = Image.new("RGB", (columns * (width + MARGIN) + MARGIN, rows * (height + MARGIN) + MARGIN), PAPER)
    for at, image in enumerate(drawn):
        row, column = divmod(at, columns)
        sheet.paste(image, (MARGIN + column * (width + MARGIN), MARGIN + row * (height + MARGIN)))
    return sheet


def spectrogram(sound: Sound, width: int, height: int) -> Image.Image:
    """The sound's log-mel spectrogram in colour: time runs to the right, pitch upwards, over the loudest 65 dB."""
    mel = _decibels(sound, width)
    light = np.clip(1 + (mel - mel.max()) / LOUDEST, 0, 1)
    channels = [np.interp(light, STOPS, [colour[channel] for colour in NIGHT]) for channel in range(3)]
    image = Image.fromarray(np.stack(channels, axis=-1)[::-1].round().astype(np.uint8))
    return image.resize((width, height), Image.Resampling.BICUBIC)


def _decibels(sound: Sound, frames: int) -> Float[np.ndarray, "mel frame"]:
    samples = torch.from_numpy(sound.mono().resample(RATE).samples[0])
    hop = max(1, len(samples) // frames)
    config = LogMel(RATE, n_fft=1024, hop=hop, bins=80, low=50.0, pad_mode="constant", unit="decibel")
    return log_mel(samples, config).numpy()


def _draw(tile: Tile, width: int) -> Image.Image:
    """Spectrogram, pictures and caption, one above the other."""
    strips = [rounded(spectrogram(tile.sound, width, round(width * SPECTROGRAM_HEIGHT)))]
    strips += [rounded(scaled(picture, width)) for picture in tile.pictures]
    caption = [line_of_text(line, width) for line in tile.caption.splitlines() or [""]]
    return stacked([*strips, stacked(caption, gap=0)])


def stacked(images: Sequence[Image.Image], gap: int = GAP) -> Image.Image:
    """Images of one width, one above the other."""
    canvas = Image.new("RGB", (images[0].width, sum(image.height + gap for image in images) - gap), PAPER)
    top = 0
    for image in images:
        canvas.paste(image, (0, top))
        top += image.height + gap
    return canvas


def scaled(picture: Image.Image, width: int) -> Image.Image:
    """The picture in RGB, `width` pixels wide."""
    height = round(picture.height * width / picture.width)
    return picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)


def rounded(image: Image.Image, fineness: int = 4) -> Image.Image:
    """The image with round, smooth corners on paper."""
    width, height = image.size
    mask = Image.new("L", (width * fineness, height * fineness), 0)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, *mask.size), radius=width * fineness // 24, fill=255)
    return Image.composite(image, Image.new("RGB", image.size, PAPER), mask.resize(image.size, Image.Resampling.BOX))


def line_of_text(text: str, width: int) -> Image.Image:
    """One centred line, shortened in the middle where it is too long."""
    size = max(8, width // 13)
    font = ImageFont.load_default(size)
    kept = text
    while font.getlength(kept) > width and len(text) > 4:
        text = text[: len(text) // 2] + text[len(text) // 2 + 1 :]
        kept = f"{text[: len(text) // 2]}…{text[len(text) // 2 :]}"
    strip = Image.new("RGB", (width, round(size * LINE_HEIGHT)), PAPER)
    ImageDraw.Draw(strip).text((width / 2, strip.height / 2), kept, fill=INK, font=font, anchor="mm")
    return strip


def _columns(tiles: int, width: int, height: int) -> int:
    """The number of columns that leaves few gaps in a sheet of about the wanted shape."""

    def badness(columns: int) -> float:
        rows = math.ceil(tiles / columns)
        gaps = (rows * columns - tiles) / tiles
        return gaps + abs(math.log(columns * width / (rows * height) / SHAPE))

    return min(range(1, tiles + 1), key=badness)
