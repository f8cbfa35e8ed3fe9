"""A store of drawn birds: a generator's opponents want more pictures a second than can be drawn afresh."""

from hashlib import sha256
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from hearsight.data.bird_species import Species
from hearsight.data.birds import Birds
from hearsight.files import save_array


def bird_pictures(
    birds: Birds, species: tuple[Species, ...], count: int, folder: Path
) -> UInt8[np.ndarray, "species picture 3 size size"]:
    """The first `count` pictures of every species, 8-bit RGB.

    They are drawn once, a file per species in `folder`; an interrupted drawing goes on where it was.
    """
    from rich.console import Console
    from rich.progress import track

    look = sha256(birds.picture(species[0], 0).tobytes()).hexdigest()[:8]  # another as soon as birds look otherwise
    mark = f"{birds.seed}-{birds.count}-{birds.size}-{count}-{look}"
    files = [folder / f"birds-{mark}" / f"{one.number:04}.npy" for one in species]
    missing = [(one, file) for one, file in zip(species, files, strict=True) if not file.is_file()]
    for one, file in track(missing, "birds", console=Console(stderr=True), transient=True, disable=not missing):
        drawn = np.stack([np.asarray(birds.picture(one, number)).transpose(2, 0, 1) for number in range(count)])
        save_array(file, drawn)
    return np.stack([np.load(file) for file in files])
