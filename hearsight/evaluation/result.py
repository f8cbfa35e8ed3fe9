"""What a measurement says: a number, how sure it is, and what it was measured with."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from hearsight.config import plain
from hearsight.evaluation import bootstrap


@dataclass(frozen=True)
class Result:
    """One number of one metric. Two of them compare only where `metric` and `network` are the same."""

    metric: str
    """Its name; one that begins with `pocket` was measured by a network of the pocket edition."""
    value: float
    """The number."""
    better: Literal["higher", "lower"]
    """Which end of the scale is the good one."""
    samples: int
    """How many pictures, or sounds, it was measured on."""
    network: str
    """Which network looked or listened, and how pictures were resized for it."""
    weights_sha256: str
    """Hash of that network's weights."""
    interval: tuple[float, float] | None = None
    """Where the number lies with 95 % confidence, given other samples of the same sort; None where nothing says so."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further numbers and the choices they depend on, JSON-ready."""

    @classmethod
    def mean(
        cls,
        metric: str,
        values: Float[np.ndarray, " sample"],
        network: str,
        weights_sha256: str,
        details: Mapping[str, Any],
    ) -> "Result":
        """The mean of what was found for every sample, the higher the better, with its bootstrap interval."""
        value, interval = float(values.mean()), bootstrap.interval([values])
        return cls(metric, value, "higher", len(values), network, weights_sha256, interval, details)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        content: dict[str, Any] = plain(asdict(self))
        return content
