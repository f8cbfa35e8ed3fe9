"""OpenAI's layout in small, as archive, state dict and safetensors."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from hearsight.encoders.clip import CLIP, CLIPConfig, debug, pocket
from hearsight.errors import WeightsError
from hearsight.hub.converters.clip import read_clip_resnet


def small() -> CLIPConfig:
    return dataclasses.replace(debug(), image=dataclasses.replace(pocket().image, width=8, size=32, head_width=32))


def published_name(name: str) -> str:
    """The published name of one of our tensors: the other way round, spelled out anew."""
    name = re.sub(r"\.stages\.(\d)", lambda m: f".layer{int(m[1]) + 1}", name)
    for ours, theirs in {
        "image.pool.": "visual.attnpool.",
        "image.": "visual.",
        "text.blocks": "transformer.resblocks",
        "in_proj.": "in_proj_",
        "text.": "",
    }.items():
        name = name.replace(ours, theirs)
    return "logit_scale" if name == "scale" else name


class Tree(nn.Module):
    """A module whose state dict is the one given, for the form in which OpenAI published."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for name, value in state.items():
            *path, leaf = name.split(".")
            module: nn.Module = self
            for part in path:
                if part not in module._modules:
                    module.add_module(part, nn.Module())
                module = module._modules[part]
            module.register_buffer(leaf, value)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


@pytest.fixture
def ours() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = CLIP(small()).state_dict()
    return {name: torch.randn_like(value) if value.is_floating_point() else value for name, value in state.items()}


@pytest.fixture
def state(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {published_name(name): value for name, value in ours.items()}


@pytest.mark.parametrize("form", ["archive.pt", "state.pt", "state.safetensors"])
def test_every_tensor_finds_its_place(
    ours: dict[str, torch.Tensor], state: dict[str, torch.Tensor], tmp_path: Path, form: str
) -> None:
    file = tmp_path / form
    if form == "archive.pt":
        sizes = {"input_resolution": 32, "context_length": 24, "vocab_size": 259}
        torch.jit.save(torch.jit.script(Tree(state | {name: torch.tensor(size) for name, size in sizes.items()})), file)
    elif form == "state.pt":
        torch.save(state, file)
    else:
        save_file(state, file)
    model = read_clip_resnet(file, small())
    assert not model.training
    assert model.state_dict().keys() == ours.keys()
    assert all(torch.equal(value, ours[name]) for name, value in model.state_dict().items())


def test_half_precision_is_widened(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    """OpenAI's files hold half-precision numbers."""
    torch.save(
        {name: value.half() if value.is_floating_point() else value for name, value in state.items()},
        tmp_path / "half.pt",
    )
    assert {p.dtype for p in read_clip_resnet(tmp_path / "half.pt", small()).parameters()} == {torch.float32}


def test_other_files_are_refused(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save(["a list"], tmp_path / "list.pt")
    (tmp_path / "broken.pt").write_bytes(b"not weights")
    (tmp_path / "broken.safetensors").write_bytes(b"not weights")
    del state["visual.conv1.weight"]
    torch.save(state, tmp_path / "part.pt")
    for name in ("list.pt", "broken.pt", "broken.safetensors", "part.pt", "missing.pt", "missing.safetensors"):
        with pytest.raises(WeightsError, match=name) as error:
            read_clip_resnet(tmp_path / name, small())
        assert "\n" not in str(error.value)
