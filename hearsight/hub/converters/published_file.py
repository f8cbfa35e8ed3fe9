"""Reading a published checkpoint once: safely unpickled, strictly loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from hearsight.errors import WeightsError
from hearsight.hub.folder import mismatches


def read_published(path: Path, cure: str, *, mapped: bool = False) -> Any:
    """What a published pickle holds, on the CPU; nothing in it is run.

    Args:
        cure: what to do where the file is missing, e.g. "download model.pt first".
        mapped: leave the tensors in the file until they are used (zip files only): clone those that are to stay.

    Raises WeightsError, in one line, for a file that is missing, broken or not safe to read.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except FileNotFoundError:
        raise WeightsError(f"{path}: there is no such file; {cure}.") from None
    except Exception as error:  # torch raises anything from EOFError to UnpicklingError, each with its own long text
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsError(f"{path}: not a weights file that is safe to read ({reason}); download it again.") from None


def fill(network: nn.Module, found: Mapping[str, Tensor], path: Path) -> None:
    """Make the tensors `found` in the file at `path` the weights of a network that was built on the meta device.

    Raises WeightsError listing every tensor that is missing, unexpected or misshaped.
    """
    wanted = network.state_dict()
    problems = mismatches(
        {name: tuple(tensor.shape) for name, tensor in wanted.items()},
        {name: tuple(tensor.shape) for name, tensor in found.items()},
    )
    if problems:
        raise WeightsError(f"{path}: does not fit the network: {problems}.")
    network.load_state_dict({name: tensor.to(wanted[name].dtype) for name, tensor in found.items()}, assign=True)


def is_state_dict(content: Any) -> bool:
    """Whether it is tensors by name."""
    return isinstance(content, Mapping) and all(isinstance(value, Tensor) for value in content.values())
