"""The sounds and pictures of a measurement, and their features by whatever network is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int

from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.evaluation.feature_store import StoredRows
from hearsight.evaluation.features import extract
from hearsight.evaluation.held_out import HeldOutSound, RealPictures, real_pictures
from hearsight.evaluation.processes import Processes


@dataclass(frozen=True, eq=False)
class Sample:
    """Held-out sounds, what was drawn from them, and the real pictures of their classes."""

    data: Path
    """The data folder."""
    heard: Sequence[HeldOutSound]
    """The sounds."""
    pictures: Sequence[Sequence[Path]]
    """The files of each sound's pictures."""
    cache: Path
    """Where features are kept."""
    processes: Processes = field(default_factory=Processes)
    """Who shares the work."""
    progress: Callable[[str, int, int], None] | None = None
    """Called as (what is looked at, done, all)."""

    @cached_property
    def own(self) -> Int[np.ndarray, " picture"]:
        """The number of the sound that each picture was drawn from."""
        return np.repeat(np.arange(len(self.heard)), [len(files) for files in self.pictures])

    @cached_property
    def labels(self) -> list[str]:
        """The class of each picture's sound."""
        return [self.heard[number].label for number in self.own]

    @cached_property
    def real(self) -> RealPictures:
        """The real pictures of the sounds' classes."""
        return real_pictures(self.data, self.heard)

    def drawn(self, network: FeatureNetwork) -> StoredRows:
        """Features of the drawn pictures."""
        return self.features(network, [path for files in self.pictures for path in files], "drawn pictures")

    def real_features(self, network: FeatureNetwork) -> StoredRows:
        """Features of the real pictures."""
        return self.features(network, self.real.paths, "real pictures")

    def sounds(self, network: FeatureNetwork) -> StoredRows:
        """Features of the sounds."""
        return self.features(network, [self.data / sound.item.path for sound in self.heard], "sounds")

    def features(self, network: FeatureNetwork, paths: Sequence[Path], what: str) -> StoredRows:
        """Features of files, of which `what` tells whoever follows the progress."""
        tell = self.progress
        step = (lambda done, of: tell(what, done, of)) if tell else None
        return extract(network, paths, self.cache, processes=self.processes, progress=step)
