import json
import re

import pytest
import torch
from torch import nn

from hearsight.errors import ConfigError, WeightsError
from hearsight.hub import folder as hub


def _network(width: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, width), nn.BatchNorm1d(width))


def test_half_precision_files_widen_into_the_module(tmp_path):
    saved, loaded = _network(), _network()
    nn.init.zeros_(loaded[0].weight)
    hub.save_weights(saved, tmp_path / "a.safetensors", "float16")
    hub.load_weights(loaded, tmp_path / "a.safetensors")
    assert loaded[0].weight.dtype == torch.float32
    assert torch.equal(loaded[0].weight, saved[0].weight.half().float())
    assert loaded[1].num_batches_tracked.dtype == torch.int64


def test_float32_files_keep_every_bit(tmp_path):
    saved, loaded = _network(), _network()
    nn.init.zeros_(loaded[0].weight)
    hub.save_weights(saved, tmp_path / "a.safetensors")
    hub.load_weights(loaded, tmp_path / "a.safetensors")
    assert all(torch.equal(one, loaded.state_dict()[key]) for key, one in saved.state_dict().items())


def test_a_state_is_written_with_its_shared_tensors_and_what_is_said_about_it(tmp_path):
    from safetensors import safe_open

    shared, counts = torch.randn(2, 3), torch.tensor([2**40])
    state = {"one": shared, "two": shared, "turned": shared.T, "counts": counts}
    hub.save_state(state, tmp_path / "a.safetensors", "bfloat16", {"format": "pt"})
    with safe_open(tmp_path / "a.safetensors", "pt") as file:
        found = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        assert file.metadata() == {"format": "pt"}
    assert found.keys() == state.keys() and torch.equal(found["counts"], counts)
    assert all(torch.equal(found[key], state[key].bfloat16()) for key in ("one", "two", "turned"))


def test_weights_that_do_not_fit_are_all_listed_and_change_nothing(tmp_path):
    other = nn.ModuleDict({"0": nn.Linear(2, 5), "extra": nn.Linear(1, 1, bias=False)})
    hub.save_weights(other, tmp_path / "a.safetensors")
    network = _network()
    before = network[0].weight.clone()
    with pytest.raises(WeightsError) as caught:
        hub.load_weights(network, tmp_path / "a.safetensors")
    message = str(caught.value)
    assert "missing (5): 1.bias, 1.num_batches_tracked, 1.running_mean, 1.running_var, 1.weight" in message
    assert "unexpected (1): extra.weight" in message
    assert "misshaped (2): 0.bias is [5] instead of [3], 0.weight is [5, 2] instead of [3, 2]" in message
    assert torch.equal(network[0].weight, before)


def test_missing_and_broken_weight_files_are_named(tmp_path):
    with pytest.raises(WeightsError, match=r"a\.safetensors: these weights are missing"):
        hub.load_weights(_network(), tmp_path / "a.safetensors")
    (tmp_path / "a.safetensors").write_bytes(b"\x80\x04cos\nsystem\n")  # a pickle, say
    with pytest.raises(WeightsError, match=r"a\.safetensors: not a safetensors file"):
        hub.load_weights(_network(), tmp_path / "a.safetensors")


def test_tied_weights_are_saved(tmp_path):
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    network[1].weight = network[0].weight
    hub.save_weights(network, tmp_path / "a.safetensors")
    hub.load_weights(network, tmp_path / "a.safetensors")


def test_the_hash_depends_on_content_and_name_only(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        hub.save_weights(_network(), tmp_path / name / "a.safetensors")
        hub.write_config(tmp_path / name, "toy", {"width": len(name)})
    first = hub.weights_sha256(tmp_path / "one")
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert hub.weights_sha256(tmp_path / "two") == first
    (tmp_path / "two" / "a.safetensors").rename(tmp_path / "two" / "b.safetensors")
    assert hub.weights_sha256(tmp_path / "two") != first


def test_a_config_reads_back(tmp_path):
    hub.write_config(tmp_path, "toy", {"width": 3})
    assert hub.read_config(tmp_path)["config"] == {"width": 3}
    assert hub.resolve(tmp_path) == tmp_path


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"system": "toy"}), json.dumps({"config": {}})])
def test_a_broken_config_is_named(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigError, match=r"config\.json"):
        hub.read_config(tmp_path)


def test_a_folder_that_is_no_system_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"no config\.json"):
        hub.resolve(tmp_path)


@pytest.mark.parametrize("name", ["no-such-system", "./a/b/c", "a/b/c", ""])
def test_an_unknown_name_says_what_there_is(name):
    with pytest.raises(ConfigError):
        hub.resolve(name)


def test_a_hub_id_without_the_hub_is_one_clear_line(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="nobody/nothing: neither a folder here nor found on the hub") as caught:
        hub.resolve("nobody/nothing")
    assert "\n" not in str(caught.value)
