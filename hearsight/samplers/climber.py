"""One picture of a gradient search on its way (`samplers/search.py`)."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.conditions.likeness import Target
from hearsight.samplers.search_config import SearchConfig

Decode = Callable[[Float[Tensor, "batch *latent"]], Float[Tensor, "batch 3 height width"]]
"""Latents to pixels in [0, 1]."""


class Climber:
    """One picture on its way: its latent, its optimiser, and the best it has been."""

    def __init__(
        self,
        origin: Float[Tensor, "*latent"],
        decode: Decode,
        targets: Sequence[Target],
        seed: int,
        config: SearchConfig,
    ) -> None:
        self.origin = origin.detach().clone()
        self.latent = self.origin.clone().requires_grad_()
        self.adam = torch.optim.Adam([self.latent], lr=config.rate, foreach=False)
        self.decode, self.targets, self.seed = decode, targets, seed
        self.face: Float[Tensor, " embed"] | None = None
        self.step = self.looks = self.waited = 0
        self.loss, self.best_loss, self.best_step = float("inf"), float("inf"), 0
        self.best = self.origin
        self.picture: Float[Tensor, "3 height width"] | None = None
        self.best_picture: Float[Tensor, "3 height width"] | None = None

    def remember(self, loss: float, picture: Float[Tensor, "3 height width"], tolerance: float) -> None:
        """Note what the latent, as it is now, was found to be."""
        self.waited = 0 if loss < self.best_loss - tolerance else self.waited + 1
        self.loss, self.picture, self.looks = loss, picture, self.step + 1
        if loss < self.best_loss:
            self.best, self.best_picture = self.latent.detach().clone(), picture
            self.best_loss, self.best_step = loss, self.step
