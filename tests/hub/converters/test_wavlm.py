"""The published layout in small; tests/parity/wavlm reads it in full size and checks every name."""

from pathlib import Path
from typing import Any

import pytest
import torch

from hearsight.encoders.wavbrivl import debug
from hearsight.encoders.wavlm import WavLM
from hearsight.errors import WeightsError
from hearsight.hub.converters.wavlm import read_wavlm

SIZE = debug().wavlm


def published_name(name: str) -> str:
    """The published name of one of our tensors: the other way round, spelled out anew."""
    name = name.removeprefix("network.")
    for theirs, published in {
        "feature_projection.projection": "post_extract_proj",
        "feature_projection.layer_norm": "layer_norm",
        "encoder.pos_conv_embed.conv.parametrizations.weight.original0": "encoder.pos_conv.0.weight_g",
        "encoder.pos_conv_embed.conv.parametrizations.weight.original1": "encoder.pos_conv.0.weight_v",
        "encoder.pos_conv_embed.conv": "encoder.pos_conv.0",
        "rel_attn_embed": "relative_attention_bias",
        "gru_rel_pos_linear": "grep_linear",
        "gru_rel_pos_const": "grep_a",
        "feed_forward.intermediate_dense": "fc1",
        "feed_forward.output_dense": "fc2",
    }.items():
        name = name.replace(theirs, published)
    parts = name.split(".")
    if parts[:2] == ["encoder", "layers"]:
        parts = ["self_attn_layer_norm" if part == "layer_norm" else part for part in parts]
        parts = ["self_attn" if part == "attention" else part for part in parts]
    if parts[0] == "feature_extractor":
        parts = [{"conv": "0", "layer_norm": "2"}.get(part, part) for part in parts]
    return ".".join(parts)


@pytest.fixture
def ours() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {name: torch.randn_like(value) for name, value in WavLM(SIZE).state_dict().items()}


@pytest.fixture
def content(ours: dict[str, torch.Tensor]) -> dict[str, Any]:
    settings = {
        "layer_norm_first": False,
        "extractor_mode": "default",
        "normalize": False,
        "conv_feature_layers": "[(8,10,5)] + [(8,3,2)] * 4 + [(8,2,2)] * 2",
        "encoder_layers": SIZE.layers,
        "encoder_embed_dim": SIZE.width,
        "encoder_attention_heads": SIZE.heads,
        "encoder_ffn_embed_dim": SIZE.feedforward,
        "conv_pos": SIZE.position_kernel,
        "conv_pos_groups": SIZE.position_groups,
        "num_buckets": SIZE.buckets,
        "max_distance": SIZE.distance,
    }
    state = {published_name(name): value for name, value in ours.items()}
    return {"cfg": settings, "model": state | {"mask_emb": torch.zeros(16)}}


def test_every_tensor_finds_its_place(content: dict[str, Any], ours: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save(content, tmp_path / "small.pt")
    model = read_wavlm(tmp_path / "small.pt")
    assert not model.training and model.config == SIZE
    assert model.state_dict().keys() == ours.keys()
    assert all(torch.equal(value, ours[name]) for name, value in model.state_dict().items())
    with torch.no_grad():
        assert model(torch.zeros(1, 800)).isfinite().all()  # nothing stayed without memory


def test_wavlm_large_is_another_form(content: dict[str, Any], tmp_path: Path) -> None:
    content["cfg"] |= {"layer_norm_first": True, "extractor_mode": "layer_norm", "normalize": True}
    torch.save(content, tmp_path / "large.pt")
    with pytest.raises(WeightsError, match=r"another form .*layer_norm_first, extractor_mode, normalize.*Base"):
        read_wavlm(tmp_path / "large.pt")


def test_what_does_not_fit_is_listed(content: dict[str, Any], tmp_path: Path) -> None:
    del content["model"]["post_extract_proj.bias"]
    content["model"]["layer_norm.bias"] = torch.zeros(3)
    content["model"]["final_proj.weight"] = torch.zeros(2)
    torch.save(content, tmp_path / "wrong.pt")
    with pytest.raises(WeightsError) as error:
        read_wavlm(tmp_path / "wrong.pt")
    assert "missing (1): network.feature_projection.projection.bias" in str(error.value)
    assert "unexpected (1): network.final_proj.weight" in str(error.value)
    assert "misshaped (1): network.feature_projection.layer_norm.bias is [3] instead of [8]" in str(error.value)


def test_other_files_are_refused(content: dict[str, Any], tmp_path: Path) -> None:
    torch.save(content["model"], tmp_path / "state.pt")
    torch.save(content | {"cfg": "text"}, tmp_path / "text.pt")
    for name in ("state.pt", "text.pt", "missing.pt"):
        with pytest.raises(WeightsError, match=name):
            read_wavlm(tmp_path / name)
