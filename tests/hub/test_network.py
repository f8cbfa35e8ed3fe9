import json
from dataclasses import dataclass

import pytest
import torch
from torch import nn

from hearsight.errors import ConfigError, WeightsError
from hearsight.hub.network import load_network, save_network


@dataclass(frozen=True)
class SumConfig:
    inputs: int = 3
    labels: tuple[str, ...] = ("a", "b")


class Sum(nn.Module):
    def __init__(self, config: SumConfig) -> None:
        super().__init__()
        self.config = config
        self.linear = nn.Linear(config.inputs, len(config.labels))
        self.norm = nn.BatchNorm1d(len(config.labels))


@pytest.fixture
def folder(tmp_path):
    torch.manual_seed(0)
    return save_network(tmp_path / "sum", "sum", Sum(SumConfig(4, ("x", "y", "z"))))


def change(folder, **entries: object) -> None:
    content = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**content, **entries}))


def test_a_network_comes_back_as_it_was(folder):
    torch.manual_seed(0)
    original, loaded = Sum(SumConfig(4, ("x", "y", "z"))), load_network(folder, "sum", Sum, SumConfig)
    assert loaded.config == original.config
    assert loaded.state_dict().keys() == original.state_dict().keys()
    assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in original.state_dict().items())


def test_a_loaded_network_is_ready_for_use(folder):
    loaded = load_network(folder, "sum", Sum, SumConfig)
    assert not loaded.training and not loaded.norm.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_half_precision_is_half_as_large_and_widens_again(tmp_path):
    network = Sum(SumConfig(400))
    whole = save_network(tmp_path / "whole", "sum", network) / "sum.safetensors"
    half = save_network(tmp_path / "half", "sum", network, "float16") / "sum.safetensors"
    assert half.stat().st_size < 0.65 * whole.stat().st_size
    loaded = load_network(tmp_path / "half", "sum", Sum, SumConfig)
    assert loaded.linear.weight.dtype == torch.float32
    torch.testing.assert_close(loaded.linear.weight, network.linear.weight.detach(), atol=1e-3, rtol=1e-3)


def test_a_folder_without_a_network_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"no readable config\.json; give the folder of a trained sum"):
        load_network(tmp_path, "sum", Sum, SumConfig)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(WeightsError, match=r"no readable config\.json"):
        load_network(tmp_path, "sum", Sum, SumConfig)


@pytest.mark.parametrize(
    ("content", "held"),
    [
        ({"network": "product", "config": {}}, "product"),
        ({"system": "drum", "config": {}}, "a system"),
        ([], "a system"),
    ],
)
def test_a_folder_of_something_else_is_refused(tmp_path, content, held):
    (tmp_path / "config.json").write_text(json.dumps(content))
    with pytest.raises(WeightsError, match=f"holds {held}; give the folder of a trained sum"):
        load_network(tmp_path, "sum", Sum, SumConfig)


def test_weights_that_are_missing_or_do_not_fit_are_refused(folder):
    change(folder, config={"inputs": 5, "labels": ["x", "y", "z"]})
    with pytest.raises(WeightsError, match=r"linear\.weight is \[3, 4\] instead of \[3, 5\]"):
        load_network(folder, "sum", Sum, SumConfig)
    (folder / "sum.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"sum\.safetensors: these weights are missing"):
        load_network(folder, "sum", Sum, SumConfig)


def test_a_mistyped_setting_is_named(folder):
    change(folder, config={"input": 4})
    with pytest.raises(ConfigError, match=r"config\.json: input: .*did you mean 'inputs'"):
        load_network(folder, "sum", Sum, SumConfig)
