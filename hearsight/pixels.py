"""Pictures as numbers: PIL images, 8-bit colours [3, height, width] and what networks take, values in [-1, 1]."""

import numpy as np
import torch
from jaxtyping import Float, Num, UInt8
from PIL import Image
from torch import Tensor


def colours(image: Image.Image) -> UInt8[Tensor, "3 height width"]:
    """The 8-bit RGB of an image of any mode."""
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)


def to_pixels(image: Image.Image) -> Float[Tensor, "3 height width"]:
    """An image as values in [-1, 1]."""
    return from_uint8(colours(image))


def to_images(pixels: Float[Tensor, "picture 3 height width"]) -> list[Image.Image]:
    """Values in [-1, 1] as images, rounded to the nearest 8-bit colour."""
    return [Image.fromarray(one.permute(1, 2, 0).numpy()) for one in to_uint8(pixels).cpu()]


def from_uint8(colours: UInt8[Tensor, "*batch 3 height width"]) -> Float[Tensor, "*batch 3 height width"]:
    """8-bit colours as values in [-1, 1]."""
    return colours.float() / 127.5 - 1


def as_pixels(pictures: Num[Tensor, "*batch 3 height width"]) -> Float[Tensor, "*batch 3 height width"]:
    """Values in [-1, 1] of pictures that are such values, or 8-bit colours still."""
    return from_uint8(pictures) if pictures.dtype == torch.uint8 else pictures


def to_uint8(pixels: Float[Tensor, "*batch 3 height width"]) -> UInt8[Tensor, "*batch 3 height width"]:
    """Values in [-1, 1] as 8-bit colours, rounded to the nearest."""
    return ((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
