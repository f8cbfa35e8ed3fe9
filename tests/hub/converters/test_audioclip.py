"""The published layout in small; tests/parity/audioclip reads it in full size."""

import re
from pathlib import Path

import pytest
import torch

from hearsight.encoders.audioclip import AudioCLIP, debug_fbsp
from hearsight.errors import WeightsError
from hearsight.hub.converters.audioclip import read_audioclip, rename


def published_name(name: str) -> str:
    """The published name of one of our tensors: the other way round, spelled out anew."""
    name = re.sub(r"\.stages\.(\d)", lambda m: f".layer{int(m[1]) + 1}", name)
    name = re.sub(r"\.attentions\.(\d)", lambda m: f".att{int(m[1]) + 1}", name)
    for ours, theirs in {
        "audio.pool_attention": "audio.att5",
        "audio.fbsp.window": "audio.window",
        "audio.fbsp.order": "audio.fbsp.m",
        "audio.fbsp.bandwidth": "audio.fbsp.fb",
        "audio.fbsp.centre": "audio.fbsp.fc",
        "image.pool.": "visual.attnpool.",
        "image.": "visual.",
        "text.blocks": "transformer.resblocks",
        "in_proj.": "in_proj_",
        "text.": "",
        "scale_image_text": "logit_scale",
        "scale_audio_image": "logit_scale_ai",
        "scale_audio_text": "logit_scale_at",
    }.items():
        name = name.replace(ours, theirs)
    return name


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = {published_name(name): value.clone() for name, value in AudioCLIP(debug_fbsp()).state_dict().items()}
    return {name: torch.randn_like(value) if value.is_floating_point() else value for name, value in state.items()}


@pytest.mark.parametrize("empty_bias", [True, False])
def test_every_tensor_finds_its_place(state: dict[str, torch.Tensor], tmp_path: Path, empty_bias: bool) -> None:
    file = tmp_path / "small.pt"
    torch.save(state | ({"audio.fbsp.bias": torch.empty(0)} if empty_bias else {}), file)
    model = read_audioclip(file, debug_fbsp())
    assert not model.training
    ours = model.state_dict()
    assert len(ours) == len(state)
    for name, value in state.items():
        assert torch.equal(ours[rename(name)], value)


def test_half_precision_is_widened(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    file = tmp_path / "half.pt"
    torch.save({name: value.half() if value.is_floating_point() else value for name, value in state.items()}, file)
    assert {p.dtype for p in read_audioclip(file, debug_fbsp()).parameters()} == {torch.float32}


def test_what_does_not_fit_is_listed(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    del state["audio.fc.bias"]
    state["logit_scale"] = torch.zeros(3)
    state["classifier.weight"] = torch.zeros(2)
    torch.save(state, tmp_path / "wrong.pt")
    with pytest.raises(WeightsError) as error:
        read_audioclip(tmp_path / "wrong.pt", debug_fbsp())
    assert "missing (1): audio.fc.bias; unexpected (1): classifier.weight" in str(error.value)
    assert "misshaped (1): scale_image_text is [3] instead of []" in str(error.value)


class Mischief:
    """An object that a pickle could run on loading."""

    def __reduce__(self):
        return print, ("mischief",)


def test_unsafe_broken_and_missing_files_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"visual.conv1.weight": Mischief()}, tmp_path / "unsafe.pt")
    (tmp_path / "broken.pt").write_bytes(b"not weights")
    (tmp_path / "empty.pt").write_bytes(b"")
    torch.save(["a list"], tmp_path / "list.pt")
    for name in ("unsafe.pt", "broken.pt", "empty.pt", "list.pt", "missing.pt"):
        with pytest.raises(WeightsError, match=name) as error:
            read_audioclip(tmp_path / name, debug_fbsp())
        assert "\n" not in str(error.value)
    assert "mischief" not in capsys.readouterr().out
