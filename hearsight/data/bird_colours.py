"""The nine colours of Birds in Miniature: what their words look like, and which word a measured colour deserves."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (206, 48, 46),
    "orange": (242, 138, 36),
    "yellow": (250, 214, 70),
    "green": (74, 156, 82),
    "blue": (40, 114, 206),
    "purple": (158, 78, 176),
    "brown": (132, 86, 56),
    "black": (46, 44, 54),
    "white": (250, 247, 240),
}
"""sRGB by word: few and far apart, so that a colour that is a little off still has one name."""

_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def lab(rgb: Float[np.ndarray, "*shape 3"]) -> Float[np.ndarray, "*shape 3"]:
    """sRGB from 0 to 255 as CIELAB (white of D65), in which distance is about how different two colours look."""
    scaled = np.asarray(rgb, np.float64) / 255
    linear = np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


_LAB = lab(np.array(list(COLOURS.values())))


def colour_word(rgb: Float[np.ndarray, " 3"]) -> str:
    """The word whose colour looks most like this one."""
    return list(COLOURS)[int(np.linalg.norm(_LAB - lab(rgb), axis=-1).argmin())]


def shade(colour: Colour, factor: float) -> Colour:
    """The colour darker (`factor` below 1) or, as if mixed with white, lighter (above 1)."""
    if factor <= 1:
        return _rounded(factor * part for part in colour)
    return _rounded(part + (factor - 1) * (255 - part) for part in colour)


def varied(colour: Colour, random: np.random.Generator, much: float = 6.0) -> Colour:
    """The colour as one individual wears it: a little lighter or darker, a little off."""
    parts = np.array(colour) + random.normal(0, much) + random.normal(0, much / 2, 3)
    return _rounded(parts.clip(0, 255).tolist())


def _rounded(parts: Iterable[float]) -> Colour:
    red, green, blue = (round(part) for part in parts)
    return red, green, blue
