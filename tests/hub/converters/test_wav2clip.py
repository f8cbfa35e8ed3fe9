"""The published layout in small; tests/parity/wav2clip reads it in full size."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch

from hearsight.encoders.wav2clip import Wav2CLIP, debug
from hearsight.errors import WeightsError
from hearsight.hub.converters.wav2clip import read_wav2clip


def published_name(name: str) -> str:
    """The published name of one of our tensors: the other way round, spelled out anew."""
    if name.startswith("project."):
        return name.replace("project.", "audio_transform.sequential.")
    if name == "window":
        return "audio_encoder.spectrogram.window"
    return "audio_encoder." + re.sub(r"^stages\.(\d)", lambda m: f"layer{int(m[1]) + 1}", name)


@pytest.fixture
def ours() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = Wav2CLIP(debug()).state_dict()
    return {name: torch.randn_like(value) if value.is_floating_point() else value for name, value in state.items()}


@pytest.fixture
def state(ours: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {published_name(name): value for name, value in ours.items()}


def test_every_tensor_finds_its_place(
    ours: dict[str, torch.Tensor], state: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    training = {"image_transform.sequential.0.weight": torch.zeros(2), "loss_fn_i.logit_scale": torch.zeros(())}
    torch.save(state | training, tmp_path / "small.pt")
    model = read_wav2clip(tmp_path / "small.pt", debug())
    assert not model.training
    assert model.state_dict().keys() == ours.keys()
    assert all(torch.equal(value, ours[name]) for name, value in model.state_dict().items())


def test_the_standardisation_is_free_to_choose(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "small.pt")
    model = read_wav2clip(tmp_path / "small.pt", dataclasses.replace(debug(), standardise="batch"))
    assert model.config.standardise == "batch"


def test_what_does_not_fit_is_listed(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    del state["audio_encoder.bn1.bias"]
    state["audio_transform.sequential.0.bias"] = torch.zeros(3)
    state["audio_encoder.fc.weight"] = torch.zeros(2)
    torch.save(state, tmp_path / "wrong.pt")
    with pytest.raises(WeightsError) as error:
        read_wav2clip(tmp_path / "wrong.pt", debug())
    assert "missing (1): bn1.bias; unexpected (1): fc.weight" in str(error.value)
    assert "misshaped (1): project.0.bias is [3] instead of [16]" in str(error.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    torch.save(["a list"], tmp_path / "list.pt")
    for name in ("list.pt", "missing.pt"):
        with pytest.raises(WeightsError, match=name) as error:
            read_wav2clip(tmp_path / name, debug())
        assert "Wav2CLIP.pt" in str(error.value)
