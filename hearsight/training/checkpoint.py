"""Checkpoints: folders `step-000500` that are there whole or not at all, safetensors only.

```
weights.safetensors     the task's modules
average.safetensors     their moving average, if one is kept
optimiser.safetensors   Adam's moments, named `exp_avg.<parameter>`, `exp_avg_sq.<parameter>`, `step.<parameter>`
state.json              steps done, number of processes, size of each file
```
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hearsight.errors import WeightsError

Tensors = Mapping[str, Mapping[str, Tensor]]


def save(folder: Path, step: int, tensors: Tensors, *, keep: int, **state: Any) -> Path:
    """Write `tensors` (file stem -> name -> tensor) and `state` as `folder/step-…`; keep the newest `keep` of them."""
    place = folder / f"step-{step:06d}"
    unfinished = folder / f".{place.name}.{os.getpid()}"
    unfinished.mkdir(parents=True)
    for stem, entries in tensors.items():
        # Cloned, because safetensors refuses tensors that share memory (tied weights) or are not contiguous.
        save_file({name: _own(tensor) for name, tensor in entries.items()}, unfinished / f"{stem}.safetensors")
    sizes = {file.name: file.stat().st_size for file in unfinished.iterdir()}
    (unfinished / "state.json").write_text(json.dumps({"step": step, **state, "files": sizes}, indent=2) + "\n")
    if place.exists():
        shutil.rmtree(place)
    unfinished.rename(place)
    _tidy(folder, keep)
    return place


def newest(folder: Path) -> Path | None:
    """The checkpoint with the most steps that is whole; None if there is none."""
    places = sorted(folder.glob("step-*"), key=_steps, reverse=True)
    return next((place for place in places if _whole(place)), None)


def state(place: Path) -> dict[str, Any]:
    """What `save` was told beside the tensors, and `step`."""
    read: dict[str, Any] = json.loads((place / "state.json").read_text())
    return read


def optimiser_tensors(optimiser: torch.optim.Optimizer, names: Mapping[nn.Parameter, str]) -> dict[str, Tensor]:
    """The optimiser's state under the names of its parameters."""
    return {
        f"{kind}.{name}": value
        for parameter, name in names.items()
        for kind, value in optimiser.state[parameter].items()
    }


def load_optimiser(optimiser: torch.optim.Optimizer, names: Mapping[nn.Parameter, str], file: Path) -> None:
    """Put back what `optimiser_tensors` gave, on each parameter's device and in its memory layout."""
    parameters = {name: parameter for parameter, name in names.items()}
    for key, value in load_file(file).items():
        kind, name = key.split(".", 1)
        if name not in parameters:
            raise WeightsError(f"{file}: {name} is not trained here; train into a new folder.")
        parameter = parameters[name]
        # Fused Adam walks parameter and moments by address: they must have the same strides (channels-last kernels).
        value = torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape and kind != "step" else value
        optimiser.state[parameter][kind] = value


def remove_all(folder: Path) -> None:
    """Remove every checkpoint in `folder`."""
    if folder.exists():
        shutil.rmtree(folder)


def _own(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _steps(place: Path) -> int:
    digits = place.name.removeprefix("step-")
    return int(digits) if digits.isdecimal() else -1


def _whole(place: Path) -> bool:
    try:
        sizes = state(place)["files"]
        return all((place / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError):
        return False


def _tidy(folder: Path, keep: int) -> None:
    """Remove all but the newest `keep` checkpoints, and what killed processes left half written."""
    for place in sorted(folder.glob("step-*"), key=_steps)[:-keep]:
        place.rename(place.with_name(f".{place.name}.old"))
    for leftover in folder.glob(".step-*"):
        shutil.rmtree(leftover)
