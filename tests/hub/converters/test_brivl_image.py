"""The published layout in small; tests/parity/brivl_image reads it in full size."""

from pathlib import Path

import pytest
import torch

from hearsight.encoders.brivl_image import BriVLImage, debug
from hearsight.errors import WeightsError
from hearsight.hub.converters.brivl_image import read_brivl_image


def published_name(name: str) -> str:
    """The published name of one of our tensors: the other way round, spelled out anew."""
    for ours, theirs in {
        "head.layers.": "learnable.imgAtt.layers.",
        "head.fc": "learnable.imgFC.fc",
        "region.": "learnable.max_pool.0.",
    }.items():
        name = name.replace(ours, theirs)
    return f"imgencoder.{name}"


@pytest.fixture
def ours() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = BriVLImage(debug()).state_dict()
    return {name: torch.randn_like(value) if value.is_floating_point() else value for name, value in state.items()}


@pytest.fixture
def towers(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tower among others, its momentum copy different from it."""
    tower = {published_name(name): value for name, value in ours.items()}
    tower["imgencoder.learnable.max_pool.0.weight"] = tower["imgencoder.learnable.max_pool.0.weight"][:, :, None, None]
    momentum = {name.replace("imgencoder.", "imgencoder_mom."): value + 1 for name, value in tower.items()}
    unused = {"imgencoder.backbone.classifier.weight": torch.zeros(1000, 16), "textencoder.x": torch.zeros(1)}
    return {**momentum, **tower, **unused}


def test_every_tensor_finds_its_place(
    ours: dict[str, torch.Tensor], towers: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    torch.save({"learnable": towers, "epoch": 3}, tmp_path / "small.pth")
    model = read_brivl_image(tmp_path / "small.pth", debug())
    assert not model.training
    assert model.state_dict().keys() == ours.keys()
    assert all(torch.equal(value, ours[name]) for name, value in model.state_dict().items())


def test_what_does_not_fit_is_listed(towers: dict[str, torch.Tensor], tmp_path: Path) -> None:
    del towers["imgencoder.learnable.imgFC.fc1.bias"]
    towers["imgencoder.backbone.bn1.bias"] = torch.zeros(3)
    towers["imgencoder.learnable.more"] = torch.zeros(2)
    torch.save({"learnable": towers}, tmp_path / "wrong.pth")
    with pytest.raises(WeightsError) as error:
        read_brivl_image(tmp_path / "wrong.pth", debug())
    assert "missing (1): head.fc1.bias; unexpected (1): learnable.more" in str(error.value)
    assert "misshaped (1): backbone.bn1.bias is [3] instead of [8]" in str(error.value)


def test_other_files_are_refused(towers: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save(towers, tmp_path / "state.pth")
    torch.save({"learnable": 3}, tmp_path / "number.pth")
    for name in ("state.pth", "number.pth"):
        with pytest.raises(WeightsError, match=rf"{name}: has no tensors by name under 'learnable'"):
            read_brivl_image(tmp_path / name, debug())
