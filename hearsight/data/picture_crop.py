"""Pictures as S2IGAN and StackGAN take them: a random square of them, half of the time mirrored."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from hearsight.pixels import colours

SLACK = 304 / 256
"""How much longer the short side of a picture is than the square that is cut from it."""


def random_square(picture: Image.Image, side: int, random: np.random.Generator) -> UInt8[Tensor, "3 side side"]:
    """Resized so that the short side is `SLACK` times `side`, cut at a random place, perhaps mirrored; 8-bit RGB.

    The published 304 and 256 pixels at every size. Resizing is bilinear with antialiasing, as torchvision's is.
    """
    short, wanted = min(picture.size), round(side * SLACK)
    width, height = (wanted * length // short for length in picture.size)
    resized = picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    left, top = int(random.integers(width - side + 1)), int(random.integers(height - side + 1))
    square = resized.crop((left, top, left + side, top + side))
    if random.random() < 0.5:
        square = square.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return colours(square)
