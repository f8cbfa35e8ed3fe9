"""The last few thousand keys, against which a contrast holds its queries: many negatives from small batches.

He et al., "Momentum Contrast" (2020), section 3.2; BriVL and WavBriVL keep one queue for each side.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from hearsight.errors import ConfigError
from hearsight.training.gathered import gathered

NOBODY = -1  # the class of random keys


class NegativeQueue(nn.Module):
    """Keys and their classes, the oldest of which make room for new ones. All of it is in a checkpoint."""

    keys: Float[Tensor, "size width"]
    classes: Int[Tensor, "size 2"]
    oldest: Int[Tensor, ""]

    def __init__(self, size: int, width: int) -> None:
        """`size` random directions, as in MoCo: they count as negatives of every query until real keys replace them."""
        super().__init__()
        self.register_buffer("keys", functional.normalize(torch.randn(size, width), dim=1))
        self.register_buffer("classes", torch.full((size, 2), NOBODY))
        self.register_buffer("oldest", torch.tensor(0))

    @torch.no_grad()
    def put(self, keys: Float[Tensor, "batch width"], classes: Int[Tensor, "batch 2"]) -> None:
        """Let the keys of all processes take the places of the oldest ones, the first process's first.

        Raises ConfigError for more keys than the queue holds.
        """
        keys, classes = gathered(keys.float()), gathered(classes)
        size = len(self.keys)
        if len(keys) > size:
            raise ConfigError(f"contrast.queue={size}: a step brings {len(keys)} sounds; make it longer than a batch.")
        places = (self.oldest + torch.arange(len(keys), device=keys.device)) % size
        self.keys[places], self.classes[places] = keys, classes
        self.oldest.copy_((self.oldest + len(keys)) % size)


def alike(one: Int[Tensor, "batch 2"], other: Int[Tensor, "others 2"]) -> Bool[Tensor, "batch others"]:
    """Which two have a class in common. Two sounds mixed have two classes, any other sound has its own twice."""
    return (one[:, None, :, None] == other[None, :, None, :]).flatten(2).any(dim=2)
