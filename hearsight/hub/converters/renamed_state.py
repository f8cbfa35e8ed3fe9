"""Flat state dicts under published names: into a network whose tensors have other names, and back into a file."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

from hearsight.errors import WeightsError
from hearsight.files import write_atomically
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

Network = TypeVar("Network", bound=nn.Module)
Name = Callable[[str], str]
"""The published name of one of our tensors."""

PARALLEL = "module."
"""What nn.DataParallel puts before every name."""
COUNTER = "num_batches_tracked"
"""BatchNorm's count of batches: older versions of torch did not write it, and nothing here depends on it."""


def read_state(path: Path, cure: str) -> dict[str, Tensor]:
    """The tensors of a published file by their names, `module.` taken off; `cure` as in `read_published`."""
    state = read_published(path, cure)
    if not is_state_dict(state):
        raise WeightsError(f"{path}: holds {type(state).__name__}, not tensors by name; give a published file.")
    return {name.removeprefix(PARALLEL): tensor for name, tensor in state.items()}


def fill_renamed(network: Network, state: dict[str, Tensor], published_name: Name, path: Path) -> Network:
    """`network`, perhaps built on the meta device, with the tensors of `state`, in evaluation mode.

    Strict (see `fill`), except that BatchNorm's counts may be absent.
    """
    ours = {published_name(name): name for name in network.state_dict()}
    found = {ours.get(name, name): tensor for name, tensor in state.items()}
    for name in ours.values():
        if name.endswith(COUNTER):
            found.setdefault(name, torch.zeros((), dtype=torch.long))
    fill(network, found, path)
    return network.eval()


def write_renamed(network: nn.Module, published_name: Name, path: Path, prefix: str = "") -> None:
    """Write the tensors of `network` under their published names, each after `prefix`."""
    state = {
        prefix + published_name(name): tensor.detach().cpu().contiguous().clone()
        for name, tensor in network.state_dict().items()
    }
    with write_atomically(path) as partial:
        torch.save(state, partial)
