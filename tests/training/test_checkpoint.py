"""Checkpoints are whole or not there; what comes back is what was saved, in the layout of its parameter."""

import shutil
from pathlib import Path

import pytest
import torch
from torch import nn

from hearsight.hub.folder import load_weights
from hearsight.training import checkpoint


def save(folder: Path, step: int, keep: int = 3) -> Path:
    return checkpoint.save(folder, step, {"weights": {"value": torch.full((2,), float(step))}}, keep=keep, processes=1)


def test_the_newest_is_found_and_only_some_are_kept(tmp_path: Path) -> None:
    assert checkpoint.newest(tmp_path) is None
    for step in (999_999, 1_000_000, 5, 1_000_001):
        save(tmp_path, step)
    assert checkpoint.newest(tmp_path) == tmp_path / "step-1000001"
    assert {place.name for place in tmp_path.iterdir()} == {"step-999999", "step-1000000", "step-1000001"}
    assert checkpoint.state(tmp_path / "step-999999")["step"] == 999_999


@pytest.mark.parametrize("damage", ["truncate", "unlink", "state", "half state"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path, damage: str) -> None:
    whole, damaged = save(tmp_path, 10), save(tmp_path, 20)
    file = damaged / ("weights.safetensors" if damage in ("truncate", "unlink") else "state.json")
    if damage in ("unlink", "state"):
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-5])
    assert checkpoint.newest(tmp_path) == whole
    save(tmp_path, 20)
    assert checkpoint.newest(tmp_path) == damaged


def test_what_a_killed_process_left_half_written_is_ignored_and_removed(tmp_path: Path) -> None:
    whole = save(tmp_path, 10)
    shutil.copytree(whole, tmp_path / ".step-000020.77")
    assert checkpoint.newest(tmp_path) == whole
    save(tmp_path, 15)
    assert {place.name for place in tmp_path.iterdir()} == {"step-000010", "step-000015"}


def test_tied_and_strided_tensors_are_saved(tmp_path: Path) -> None:
    value = torch.arange(24.0).reshape(1, 2, 3, 4)
    entries = {"one": value, "tied": value, "strided": value.to(memory_format=torch.channels_last)}
    from safetensors.torch import load_file

    back = load_file(checkpoint.save(tmp_path, 1, {"weights": entries}, keep=1) / "weights.safetensors")
    assert all(torch.equal(tensor, value) for tensor in back.values()) and len(back) == 3


def test_the_optimiser_comes_back_in_the_layout_of_its_parameters(tmp_path: Path) -> None:
    def learn(network: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
        torch.manual_seed(step)
        network(torch.randn(2, 3, 5, 5)).square().mean().backward()
        optimiser.step()
        optimiser.zero_grad()

    def fresh() -> tuple[nn.Module, torch.optim.Optimizer, dict[nn.Parameter, str]]:
        torch.manual_seed(0)
        network = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        names = {weight: name for name, weight in network.named_parameters()}
        return network, torch.optim.AdamW(network.parameters(), 0.1, fused=True), names

    network, optimiser, names = fresh()
    learn(network, optimiser, 1)
    tensors = {"weights": network.state_dict(), "optimiser": checkpoint.optimiser_tensors(optimiser, names)}
    place = checkpoint.save(tmp_path, 1, tensors, keep=1)
    learn(network, optimiser, 2)

    again, its_optimiser, its_names = fresh()
    load_weights(again, place / "weights.safetensors")
    checkpoint.load_optimiser(its_optimiser, its_names, place / "optimiser.safetensors")
    weight = next(again.parameters())
    assert its_optimiser.state[weight]["exp_avg"].stride() == weight.stride() != (27, 9, 3, 1)
    learn(again, its_optimiser, 2)
    assert all(torch.equal(one, two) for one, two in zip(network.parameters(), again.parameters(), strict=True))
