"""A training's folder as it was at a checkpoint."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from hearsight.errors import DataError
from hearsight.hub.folder import CONFIG, save_weights
from hearsight.training import checkpoint
from hearsight.training.earlier import earlier


@pytest.fixture
def trained(tmp_path) -> Path:
    """A folder of two networks, one of which was trained; its checkpoints are filled with their steps."""
    folder = tmp_path / "trained"
    for name, network in (("ear", nn.Linear(2, 3)), ("hand", nn.Linear(3, 2))):
        nn.init.zeros_(network.weight)
        save_weights(network, folder / f"{name}.safetensors")
    for step in (10, 20):
        state = {"weight": torch.full((2, 3), float(step)), "bias": torch.zeros(2)}
        kinds = {"weights": state} if step == 10 else {"weights": state, "average": {**state, "bias": torch.ones(2)}}
        checkpoint.save(folder / "checkpoints", step, kinds, keep=5)
    (folder / CONFIG).write_text("{}")
    (folder / "metrics.json").write_text("of the end")
    return folder


def test_what_was_trained_is_replaced_and_the_rest_stays(trained, tmp_path):
    out = earlier(trained, 10, tmp_path / "at_10")
    assert load_file(out / "hand.safetensors")["weight"].unique().tolist() == [10]
    assert (out / "ear.safetensors").read_bytes() == (trained / "ear.safetensors").read_bytes()
    assert (out / CONFIG).is_file() and not (out / "metrics.json").exists()


def test_the_average_is_taken_where_there_is_one(trained, tmp_path):
    assert load_file(earlier(trained, 20, tmp_path / "at_20") / "hand.safetensors")["bias"].tolist() == [1, 1]


def test_errors(trained, tmp_path):
    with pytest.raises(DataError, match="no checkpoint of step 15, only 10, 20"):
        earlier(trained, 15, tmp_path / "out")
    (trained / "hand.safetensors").unlink()
    with pytest.raises(DataError, match="none of its weight files"):
        earlier(trained, 10, tmp_path / "out")
