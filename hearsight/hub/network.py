"""One trained network in a folder of its own: config.json and one safetensors file named after the network."""

import json
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from hearsight.config import build, plain
from hearsight.errors import WeightsError
from hearsight.files import save_json
from hearsight.hub.folder import CONFIG, Precision, load_weights, save_weights

Network = TypeVar("Network", bound=nn.Module)


def save_network(folder: Path, name: str, network: nn.Module, precision: Precision = "float32") -> Path:
    """Write `network`, which has a `config`, as `folder/<name>.safetensors` and `folder/config.json`."""
    save_weights(network, folder / f"{name}.safetensors", precision)
    save_json(folder / CONFIG, {"network": name, "config": plain(network.config)})
    return folder


def load_network(folder: Path, name: str, kind: type[Network], config_class: type[Any]) -> Network:
    """The network that `save_network` wrote, ready for use: evaluation mode, nothing trainable.

    Raises WeightsError for a folder that holds none or another one, or whose weights do not fit.
    """
    try:
        content = json.loads((folder / CONFIG).read_text())
    except (OSError, ValueError):
        raise WeightsError(f"{folder}: has no readable {CONFIG}; give the folder of a trained {name}.") from None
    held = content.get("network") if isinstance(content, dict) else None
    if held != name or not isinstance(content.get("config"), dict):
        raise WeightsError(f"{folder}: holds {held or 'a system'}; give the folder of a trained {name}.")
    network = kind(build(config_class, content["config"], where=f"{folder / CONFIG}: "))
    load_weights(network, folder / f"{name}.safetensors")
    return network.eval().requires_grad_(False)
