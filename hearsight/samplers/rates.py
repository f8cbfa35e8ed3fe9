"""How a search's learning rate goes from its first step to its last."""

import math
from typing import Literal

from hearsight.errors import ConfigError

RAMP_UP = 0.05  # share of the way on which the rate rises
RAMP_DOWN = 0.25  # share of the way, at its end, on which it falls

Rates = Literal["constant", "ramped"]


def rate(kind: Rates, way: float) -> float:
    """The factor of the learning rate after `way` (in [0, 1)) of all steps.

    `ramped` is StyleGAN2's projector's: it rises from 0, which the very first step has, and falls along a cosine.
    """
    if kind == "constant":
        return 1.0
    if kind != "ramped":
        raise ConfigError(f"rates={kind!r}: there is none of this name; use constant or ramped.")
    falling = 0.5 - 0.5 * math.cos(math.pi * min(1.0, (1 - way) / RAMP_DOWN))
    return falling * min(1.0, way / RAMP_UP)
