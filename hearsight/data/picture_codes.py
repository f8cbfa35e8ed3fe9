"""The pictures of a data folder as the codes of a VQGAN: looked at once, cached beside them."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from hearsight.data import pairs
from hearsight.data.encodings import fingerprint
from hearsight.data.pairs import Split
from hearsight.data.pictures import load_pictures
from hearsight.files import save_array, stamp
from hearsight.generators.vqgan import VQGAN

BATCH = 64
"""Pictures that the encoder sees at once."""


def picture_codes(network: VQGAN, folder: Path, split: Split) -> Int[Tensor, "picture row column"]:
    """The codes of all pictures of `split`, on the CPU.

    The cache is made anew when a picture or the network changes. Raises DataError if there are no pictures, or one
    cannot be read.
    """
    paths = [item.path for item in pairs.read(folder, "picture", split)]
    mark = fingerprint(network, stamp(folder, paths))[:16]
    cache = folder / ".cache" / f"codes-{split}-{mark}.npy"
    if not cache.is_file():
        save_array(cache, _encoded(network, folder, split))
    return torch.from_numpy(np.load(cache)).long()


@torch.inference_mode()
def _encoded(network: VQGAN, folder: Path, split: Split) -> Int[np.ndarray, "picture row column"]:
    from rich.console import Console
    from rich.progress import track

    pictures, console = load_pictures(folder, split, network.config.size), Console(stderr=True)
    starts = range(0, len(pictures.pixels), BATCH)
    found = []
    for first in track(starts, "codes", console=console, transient=True, disable=not console.is_terminal):
        chosen = np.arange(first, min(first + BATCH, len(pictures.pixels)))
        shown = pictures.batch(chosen).to(network.codebook.device)
        found.append(network.nearest(network.encode(shown)).cpu().numpy().astype(np.int32))
    return np.concatenate(found)
