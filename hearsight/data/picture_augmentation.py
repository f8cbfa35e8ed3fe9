"""Pictures changed as BriVL's training changes them: colour jitter and random greyscale."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from hearsight.errors import ConfigError


@dataclass(frozen=True)
class PictureAugmentation:
    """How strongly pictures are changed. The defaults are BriVL's (WavBriVL, section 2.2)."""

    jitter: float = 0.8
    """Share of pictures whose colours are changed."""
    brightness: float = 0.4
    """Largest change of the brightness, as a share of it."""
    contrast: float = 0.4
    """Largest change of the contrast, as a share of it."""
    saturation: float = 0.4
    """Largest change of the saturation, as a share of it."""
    hue: float = 0.1
    """Largest turn of the hues, as a share of the whole circle."""
    grey: float = 0.2
    """Share of pictures that lose their colours."""

    def __post_init__(self) -> None:
        for name in ("jitter", "brightness", "contrast", "saturation", "grey"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}={getattr(self, name)}: a share lies between 0 and 1.")
        if not 0 <= self.hue <= 0.5:
            raise ConfigError(f"hue={self.hue}: a turn of the hues lies between 0 and 0.5.")


def vary(picture: Image.Image, config: PictureAugmentation, random: np.random.Generator) -> Image.Image:
    """An RGB picture, its brightness, contrast, saturation and hue changed in random order, perhaps without colour."""
    picture = picture.convert("RGB")
    if random.random() < config.jitter:
        for change in random.permutation(4):
            picture = _changed(picture, int(change), config, random)
    if random.random() < config.grey:
        picture = picture.convert("L").convert("RGB")
    return picture


def _changed(
    picture: Image.Image, change: int, config: PictureAugmentation, random: np.random.Generator
) -> Image.Image:
    if change == 3:
        return _turned(picture, random.uniform(-config.hue, config.hue))
    changes: tuple[tuple[Any, float], ...] = (
        (ImageEnhance.Brightness, config.brightness),
        (ImageEnhance.Contrast, config.contrast),
        (ImageEnhance.Color, config.saturation),
    )
    kind, strength = changes[change]
    changed: Image.Image = kind(picture).enhance(random.uniform(1 - strength, 1 + strength))
    return changed


def _turned(picture: Image.Image, turn: float) -> Image.Image:
    """All hues moved by `turn` of the circle."""
    hue, saturation, value = picture.convert("HSV").split()
    hue = hue.point([round(degree + 255 * turn) % 256 for degree in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")
