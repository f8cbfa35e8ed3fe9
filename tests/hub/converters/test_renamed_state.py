from pathlib import Path

import pytest
import torch
from torch import nn

from hearsight.errors import WeightsError
from hearsight.hub.converters.renamed_state import fill_renamed, read_state, write_renamed


def published_name(name: str) -> str:
    return name.replace("0.", "linear.").replace("1.", "norm.")


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


@pytest.mark.parametrize("prefix", ["", "module."])
def test_there_and_back(tmp_path: Path, prefix: str) -> None:
    torch.manual_seed(0)
    first, file = network(), tmp_path / "file.pth"
    write_renamed(first, published_name, file, prefix)
    assert f"{prefix}norm.running_mean" in torch.load(file, weights_only=True)
    with torch.device("meta"):
        second = network().requires_grad_(False)
    fill_renamed(second, read_state(file, "make it"), published_name, file)
    assert all(torch.equal(value, second.state_dict()[name]) for name, value in first.state_dict().items())
    assert not second.training and not any(weight.requires_grad for weight in second.parameters())


def test_counts_of_batches_may_be_absent_and_nothing_else(tmp_path: Path) -> None:
    state = {published_name(name): value for name, value in network().state_dict().items()}
    del state["norm.num_batches_tracked"]
    filled = fill_renamed(network(), dict(state), published_name, tmp_path)
    assert filled[1].num_batches_tracked == 0
    del state["norm.bias"]
    state["surplus"] = torch.zeros(1)
    with pytest.raises(WeightsError, match=r"missing \(1\): 1.bias; unexpected \(1\): surplus"):
        fill_renamed(network(), state, published_name, tmp_path)


def test_what_is_no_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match=r"list.pth: holds list, not tensors by name"):
        read_state(tmp_path / "list.pth", "make it")
    with pytest.raises(WeightsError, match=r"none.pth: there is no such file; make it"):
        read_state(tmp_path / "none.pth", "make it")
