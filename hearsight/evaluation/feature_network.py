"""A network that turns files into features, with everything by which its numbers are told from another's."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor, nn

from hearsight.evaluation.rows import Rows


@dataclass(frozen=True, eq=False)
class FeatureNetwork:
    """An eye or an ear of the measurements."""

    name: str
    """The network, whose weights it has, and how pictures are resized: numbers compare where all this is the same."""
    weights_sha256: str
    """Hash of its weights."""
    width: int
    """Features of a file."""
    read: Callable[[Path], Any]
    """A file as the network wants it; raises DataError or SoundError where it cannot be read."""
    encode: Callable[[Sequence[Any]], Float[Tensor, "file feature"]]
    """Features of what was read."""
    kind: str = ""
    """How the names of its metrics begin, e.g. `pocket`; empty for the network by which the field measures."""
    classify: Callable[[Float[np.ndarray, "some feature"]], Float[np.ndarray, "some class"]] | None = None
    """Class probabilities of features, where it has classes."""
    classes: int = 0
    """How many classes these are."""
    labels: tuple[str, ...] = ()
    """Their names, where they are known."""

    def named(self, metric: str) -> str:
        """What `metric` is called when this network measures it."""
        return f"{self.kind} {metric}".strip()

    @property
    def key(self) -> str:
        """A short name for its features on disk; another as soon as anything about them is another."""
        return hashlib.sha256(f"{self.name}\0{self.weights_sha256}\0{self.width}".encode()).hexdigest()[:16]


class Probabilities:
    """Class probabilities of features, worked out when they are asked for."""

    def __init__(self, features: Rows, network: FeatureNetwork) -> None:
        if network.classify is None:
            raise ValueError(f"{network.name}: has no classes")
        self._features, self._classify = features, network.classify
        self.shape = (len(features), network.classes)

    def __len__(self) -> int:
        return len(self._features)

    def __getitem__(self, chosen: Any) -> Float[np.ndarray, "some class"]:
        return self._classify(np.asarray(self._features[chosen]))


def state_sha256(network: nn.Module) -> str:
    """One hash over the names and values of a network's weights, whatever file they came in."""
    total = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        total.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        total.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).tobytes())
    return total.hexdigest()


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes, as published beside downloads."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
