"""The published layout in small, beside what the file holds of the other five encoders."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hearsight.encoders.imagebind import ImageBind, debug, published
from hearsight.errors import WeightsError
from hearsight.hub.converters.imagebind import published_name, read_imagebind
from hearsight.hub.converters.renamed_state import write_renamed

OTHERS = {
    "modality_preprocessors.vision.cls_token": torch.zeros(1, 1, 4),
    "modality_preprocessors.audio_of_another.cls_token": torch.zeros(1),
    "modality_trunks.text.blocks.0.attn.in_proj_bias": torch.zeros(3),
    "modality_postprocessors.text.1.log_logit_scale": torch.zeros(()),
}


@pytest.fixture(scope="module")
def model() -> ImageBind:
    torch.manual_seed(0)
    model = ImageBind(debug())
    for tensor in model.state_dict().values():
        tensor.copy_(torch.randn_like(tensor))
    return model


@pytest.fixture
def state(model: ImageBind) -> dict[str, torch.Tensor]:
    return {published_name(name): tensor for name, tensor in model.state_dict().items()}


def test_the_names_and_shapes_are_the_published_ones() -> None:
    with torch.device("meta"):
        state = ImageBind(published()).state_dict()
    shapes = {published_name(name): tuple(tensor.shape) for name, tensor in state.items()}
    blocks = {name for name in shapes if name.startswith("modality_trunks.")}
    assert {name: shapes[name] for name in shapes.keys() - blocks} == {
        "modality_preprocessors.audio.cls_token": (1, 1, 768),
        "modality_preprocessors.audio.rgbt_stem.proj.weight": (768, 1, 16, 16),
        "modality_preprocessors.audio.rgbt_stem.norm_layer.weight": (768,),
        "modality_preprocessors.audio.rgbt_stem.norm_layer.bias": (768,),
        "modality_preprocessors.audio.pos_embedding_helper.pos_embed": (1, 229, 768),
        "modality_heads.audio.0.weight": (768,),
        "modality_heads.audio.0.bias": (768,),
        "modality_heads.audio.2.weight": (1024, 768),
        "modality_postprocessors.audio.1.log_logit_scale": (),
    }
    assert {re.sub(r"^modality_trunks\.audio\.blocks\.\d+\.", "", name): shapes[name] for name in blocks} == {
        "norm_1.weight": (768,),
        "norm_1.bias": (768,),
        "attn.in_proj_weight": (2304, 768),
        "attn.in_proj_bias": (2304,),
        "attn.bias_k": (1, 1, 768),
        "attn.bias_v": (1, 1, 768),
        "attn.out_proj.weight": (768, 768),
        "attn.out_proj.bias": (768,),
        "norm_2.weight": (768,),
        "norm_2.bias": (768,),
        "mlp.fc1.weight": (3072, 768),
        "mlp.fc1.bias": (3072,),
        "mlp.fc2.weight": (768, 3072),
        "mlp.fc2.bias": (768,),
    }
    assert len(blocks) == 12 * 14


@pytest.mark.parametrize("zipped", [True, False])
def test_the_ear_is_taken_and_the_others_are_left(model: ImageBind, state, tmp_path: Path, zipped: bool) -> None:
    file = tmp_path / "small.pth"
    torch.save(state | OTHERS, file, _use_new_zipfile_serialization=zipped)
    ours = read_imagebind(file, debug())
    assert not ours.training
    file.write_bytes(b"\0" * file.stat().st_size)  # what was read does not hang on the file
    assert ours.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in ours.state_dict().items())


def test_a_file_of_the_ear_alone_will_do(model: ImageBind, tmp_path: Path) -> None:
    write_renamed(model, published_name, tmp_path / "ear.pth")
    waveform = torch.randn(1, 4000)
    assert torch.equal(read_imagebind(tmp_path / "ear.pth", debug())(waveform), model.eval()(waveform))


def test_what_does_not_fit_is_listed(state, tmp_path: Path) -> None:
    del state["modality_heads.audio.0.bias"]
    state["modality_trunks.audio.blocks.0.mlp.fc1.bias"] = torch.zeros(3)
    state["modality_trunks.audio.blocks.0.layer_scale"] = torch.zeros(2)
    torch.save(state | OTHERS, tmp_path / "wrong.pth")
    with pytest.raises(WeightsError) as error:
        read_imagebind(tmp_path / "wrong.pth", debug())
    assert "missing (1): head_norm.bias; unexpected (1): modality_trunks.audio.blocks.0.layer_scale" in str(error.value)
    assert "misshaped (1): blocks.0.widen.bias is [3] instead of [32]" in str(error.value)
    with pytest.raises(WeightsError, match=r"misshaped .*head\.weight is \[16, 16\] instead of \[24, 16\]"):
        read_imagebind(tmp_path / "wrong.pth", replace(debug(), embed=24))


def test_other_files_are_refused(tmp_path: Path) -> None:
    torch.save(["a list"], tmp_path / "list.pth")
    torch.save(OTHERS, tmp_path / "deaf.pth")
    for name, told in (("list.pth", "holds list"), ("deaf.pth", "no ear"), ("missing.pth", "no such file")):
        with pytest.raises(WeightsError, match=f"{name}.*{told}") as error:
            read_imagebind(tmp_path / name, debug())
        assert "imagebind_huge.pth" in str(error.value) and "\n" not in str(error.value)
