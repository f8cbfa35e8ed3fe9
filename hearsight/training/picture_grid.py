"""Pictures side by side on one image, to see at a glance what a generator has learnt."""

from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.errors import ConfigError
from hearsight.pixels import to_images


def picture_grid(pixels: Float[Tensor, "picture 3 height width"], columns: int = 8) -> Image.Image:
    """Pictures of values in [-1, 1] in rows of `columns`, without gaps; the last row may be short."""
    if not len(pixels):
        raise ConfigError("a grid of nothing: give at least one picture.")
    images = to_images(pixels.float())
    width, height = images[0].size
    rows = -(-len(images) // columns)
    grid = Image.new("RGB", (min(columns, len(images)) * width, rows * height), "white")
    for number, image in enumerate(images):
        row, column = divmod(number, columns)
        grid.paste(image, (column * width, row * height))
    return grid
