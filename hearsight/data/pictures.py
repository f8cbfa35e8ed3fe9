"""The pictures of a prepared data folder as one array in memory, resized once and cached beside them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from PIL import Image
from torch import Tensor

from hearsight.data import pairs
from hearsight.data.pairs import Split
from hearsight.errors import DataError
from hearsight.files import save_array, stamp
from hearsight.pixels import from_uint8


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures and what they show."""

    pixels: UInt8[np.ndarray, "picture 3 height width"]
    """8-bit RGB."""
    classes: Int[np.ndarray, " picture"]
    """Index into `labels`."""
    labels: tuple[str, ...]
    """Class names, sorted."""

    def of_class(self, number: int) -> Int[np.ndarray, " some"]:
        """Which pictures show class `number`."""
        return np.flatnonzero(self.classes == number)

    def batch(self, chosen: Int[np.ndarray, " batch"]) -> Float[Tensor, "batch 3 height width"]:
        """The chosen pictures as values in [-1, 1]."""
        return from_uint8(torch.from_numpy(self.pixels[chosen]))


def load_pictures(folder: Path, split: Split, size: int) -> Pictures:
    """The pictures of `split` in a data folder, resized by area to `size` pixels square.

    The cache is made anew when a picture changes. Raises DataError if there are none, or one cannot be read.
    """
    items = pairs.read(folder, "picture", split)
    labels = pairs.labels(items)
    classes = np.array([labels.index(item.label) for item in items])
    return Pictures(_pixels(folder, [item.path for item in items], split, size), classes, labels)


def _pixels(folder: Path, paths: list[str], split: str, size: int) -> UInt8[np.ndarray, "picture 3 height width"]:
    cache = folder / ".cache" / f"pictures-{split}-{size}-{stamp(folder, paths)}.npy"
    if not cache.is_file():
        with ThreadPoolExecutor(2) as pool:
            pixels = np.stack(list(pool.map(lambda path: _read(folder / path, size), paths)))
        save_array(cache, pixels)
    return np.load(cache, mmap_mode="r")


def _read(path: Path, size: int) -> UInt8[np.ndarray, "3 height width"]:
    try:
        image = Image.open(path).convert("RGB")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable picture ({error}); make the data folder again.") from None
    return np.asarray(image.resize((size, size), Image.Resampling.BOX)).transpose(2, 0, 1)
