"""Batches of pictures alone, for generators that learn without a condition."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from hearsight.data.pictures import Pictures
from hearsight.data.stratified import stratified
from hearsight.seeds import derive


@dataclass(frozen=True, eq=False)
class PictureBatches:
    """Batch n, a function of (seed, n): classes equally often, any picture of each."""

    pictures: Pictures
    """All there are."""
    size: int
    """Pictures of a batch."""
    seed: int
    """Seed of everything drawn."""

    def batch(self, index: int) -> dict[str, Tensor]:
        """Pictures [batch, 3, height, width] in [-1, 1]."""
        random = np.random.default_rng(derive(self.seed, "pictures", index))
        classes = stratified(len(self.pictures.labels), self.size, random)
        chosen = np.array([random.choice(self.pictures.of_class(one)) for one in classes])
        return {"pictures": self.pictures.batch(chosen)}
