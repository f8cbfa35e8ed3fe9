"""Where a training of a whole network begins: at random weights, or at those of a trained one."""

from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from hearsight.errors import ConfigError
from hearsight.hub.network import load_network

Network = TypeVar("Network", bound=nn.Module)


def begin(name: str, kind: type[Network], model: Any, start: Path | None) -> Network:
    """A network of the shape `model`, all of it trainable: that of the folder `start`, if one is given.

    Raises ConfigError for a `start` of another shape, WeightsError for a folder that holds no `name`.
    """
    if start is None:
        return kind(model)
    network = load_network(start, name, kind, type(model))
    if network.config != model:
        raise ConfigError(f"start={start}: is {network.config}; set model to the same, or leave start out.")
    return network.requires_grad_(True)
