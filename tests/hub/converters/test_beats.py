"""The published layout in small; tests/parity/beats reads it in full size."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from hearsight.encoders.beats import BEATs, debug
from hearsight.errors import WeightsError
from hearsight.hub.converters.beats import is_beats, read_beats, rename
from hearsight.sound.window import Window

LAYERS = 3
CONFIG = replace(debug(), bands=128, classes=2, labels=("/m/dog", "/m/rain"))
CFG: dict[str, Any] = {
    "encoder_layers": LAYERS,
    "encoder_embed_dim": 16,
    "encoder_ffn_embed_dim": 32,
    "encoder_attention_heads": 2,
    "activation_fn": "gelu",
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "encoder_layerdrop": 0.05,
    "layer_norm_first": False,
    "conv_pos": 8,
    "conv_pos_groups": 4,
    "relative_position_embedding": True,
    "num_buckets": 16,
    "max_distance": 20,
    "gru_rel_pos": True,
    "deep_norm": True,
    "input_patch_size": 16,
    "layer_wise_gradient_decay_ratio": 0.6,
    "embed_dim": 8,
    "finetuned_model": True,
    "predictor_dropout": 0.0,
    "predictor_class": 2,
}
TABLE = "self_attn.relative_attention_bias.weight"


def published_name(name: str) -> str:
    """The published name of one of our tensors: the other way round, spelled out anew."""
    for ours, theirs in {
        "patch_norm.": "layer_norm.",
        "projection.": "post_extract_proj.",
        "encoder.position.convolution.parametrizations.weight.original0": "encoder.pos_conv.0.weight_g",
        "encoder.position.convolution.parametrizations.weight.original1": "encoder.pos_conv.0.weight_v",
        "encoder.position.convolution.bias": "encoder.pos_conv.0.bias",
        "encoder.relative_position.table.weight": f"encoder.layers.0.{TABLE}",
        "encoder.norm.": "encoder.layer_norm.",
        ".attention_norm.": ".self_attn_layer_norm.",
        ".norm.": ".final_layer_norm.",
        ".attention.query.": ".self_attn.q_proj.",
        ".attention.key.": ".self_attn.k_proj.",
        ".attention.value.": ".self_attn.v_proj.",
        ".attention.out.": ".self_attn.out_proj.",
        ".attention.gate.": ".self_attn.grep_linear.",
        ".attention.gate_scale": ".self_attn.grep_a",
        ".widen.": ".fc1.",
        ".narrow.": ".fc2.",
    }.items():
        name = name.replace(ours, theirs)
    return name


@pytest.fixture
def content() -> dict[str, Any]:
    """A fine-tuned file: one table under the name of every layer, labels out of order."""
    torch.manual_seed(0)
    state = {published_name(name): torch.randn_like(value) for name, value in BEATs(CONFIG).state_dict().items()}
    state |= {f"encoder.layers.{layer}.{TABLE}": state[f"encoder.layers.0.{TABLE}"] for layer in range(1, LAYERS)}
    return {"cfg": dict(CFG), "model": state, "label_dict": {1: "/m/rain", 0: "/m/dog"}}


def save(content: Any, tmp_path: Path) -> Path:
    torch.save(content, tmp_path / "beats.pt")
    return tmp_path / "beats.pt"


def test_every_tensor_and_setting_finds_its_place(content: dict[str, Any], tmp_path: Path) -> None:
    model = read_beats(save(content, tmp_path), window=CONFIG.window)
    assert not model.training
    assert model.config == CONFIG
    ours, theirs = model.state_dict(), content["model"]
    assert len(ours) == len(theirs) - (LAYERS - 1)
    for name, value in theirs.items():
        if name.endswith(TABLE):
            name = f"encoder.layers.0.{TABLE}"
        assert torch.equal(ours[rename(name)], value)


def test_weight_normalisation_is_over_each_place_of_the_kernel(content: dict[str, Any], tmp_path: Path) -> None:
    weight = read_beats(save(content, tmp_path)).encoder.position.convolution.weight
    gain, direction = content["model"]["encoder.pos_conv.0.weight_g"], content["model"]["encoder.pos_conv.0.weight_v"]
    assert gain.shape == (1, 1, 8)
    wanted = torch.stack([gain[0, 0, k] * direction[..., k] / direction[..., k].norm() for k in range(8)], dim=-1)
    torch.testing.assert_close(weight, wanted)


def test_a_pretrained_file_has_no_predictor(content: dict[str, Any], tmp_path: Path) -> None:
    tuned = read_beats(save(content, tmp_path))
    del content["label_dict"]
    content["cfg"]["finetuned_model"] = False
    content["model"] = {name: value for name, value in content["model"].items() if not name.startswith("predictor.")}
    model = read_beats(save(content, tmp_path))
    assert (model.predictor, model.config.classes, model.config.labels) == (None, 0, ())
    waveform = torch.rand(1, 16000) - 0.5
    with torch.no_grad():
        assert torch.equal(model(waveform).final, tuned(waveform).final)


def test_settings_that_are_absent_have_the_published_codes_defaults(content: dict[str, Any], tmp_path: Path) -> None:
    for setting in ("deep_norm", "dropout", "layer_wise_gradient_decay_ratio", "max_distance", "predictor_dropout"):
        del content["cfg"][setting]
    config = read_beats(save(content, tmp_path)).config
    assert (config.deep_norm, config.dropout, config.gradient_decay, config.furthest) == (False, 0.1, 1.0, 1280)
    assert config.predictor_dropout == 0.1


def test_layers_and_window_may_be_chosen(content: dict[str, Any], tmp_path: Path) -> None:
    file = save(content, tmp_path)
    assert read_beats(file).config.joined == (0, 1, 2)
    assert read_beats(file).config.window == Window(16000, 10.0, short="tile", long="crop")
    model = read_beats(file, window=Window(16000, 2.0), joined=(2,))
    assert model.width == 16 and model.config.window == Window(16000, 2.0)


def test_half_precision_is_widened(content: dict[str, Any], tmp_path: Path) -> None:
    content["model"] = {name: value.half() for name, value in content["model"].items()}
    assert {weight.dtype for weight in read_beats(save(content, tmp_path)).parameters()} == {torch.float32}


def test_what_does_not_fit_is_listed(content: dict[str, Any], tmp_path: Path) -> None:
    state = content["model"]
    del state["encoder.layers.1.fc1.bias"]
    state["predictor.bias"] = torch.zeros(3)
    state["quantize.embedding"] = torch.zeros(2)
    with pytest.raises(WeightsError) as error:
        read_beats(save(content, tmp_path))
    assert "missing (1): encoder.layers.1.widen.bias; unexpected (1): quantize.embedding" in str(error.value)
    assert "misshaped (1): predictor.bias is [3] instead of [2]" in str(error.value)


def test_tables_that_differ_are_no_alias(content: dict[str, Any], tmp_path: Path) -> None:
    content["model"][f"encoder.layers.2.{TABLE}"] = torch.zeros(16, 2)
    with pytest.raises(WeightsError, match=r"layers\.2\..* differs from layer 0's"):
        read_beats(save(content, tmp_path))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activation_fn": "glu"}, "activation_fn='glu'"),
        ({"input_patch_size": -1}, "input_patch_size=-1"),
        ({"encoder_attention_heads": 5}, "width=16"),
        ({"predictor_class": 3}, "2 names for classes=3"),
    ],
)
def test_settings_that_cannot_be_honoured_are_refused(content, tmp_path, changes, message) -> None:
    content["cfg"] |= changes
    with pytest.raises(WeightsError, match=message):
        read_beats(save(content, tmp_path))


def test_other_files_are_one_line(content: dict[str, Any], tmp_path: Path) -> None:
    for other in (content["model"], {"cfg": CFG}, {"cfg": CFG, "model": [1]}, [1]):
        with pytest.raises(WeightsError, match="lacks cfg and model"):
            read_beats(save(other, tmp_path))
    with pytest.raises(WeightsError, match=r"missing\.pt: there is no such file; download BEATs"):
        read_beats(tmp_path / "missing.pt")


@pytest.mark.parametrize("zipped", [True, False])
def test_a_published_file_is_told_from_others_by_its_beginning(tmp_path: Path, zipped: bool) -> None:
    path = tmp_path / "BEATs.pt"
    torch.save({"cfg": CFG, "model": {"weight": torch.zeros(3)}}, path, _use_new_zipfile_serialization=zipped)
    assert is_beats(path)
    torch.save({"audio.conv1.weight": torch.zeros(3)}, path, _use_new_zipfile_serialization=zipped)
    assert not is_beats(path) and not is_beats(tmp_path / "absent.pt") and not is_beats(tmp_path)
