from pathlib import Path

import pytest
import torch
from torch import nn

from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published


class Mischief:
    """An object that a pickle could run on loading."""

    def __reduce__(self):
        return print, ("mischief",)


def test_content_comes_back(tmp_path: Path) -> None:
    torch.save({"model": {"weight": torch.ones(2)}, "steps": 3}, tmp_path / "file.pt")
    content = read_published(tmp_path / "file.pt", "download it")
    assert content["steps"] == 3 and is_state_dict(content["model"]) and not is_state_dict(content)


def test_unsafe_broken_and_missing_files_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"weight": Mischief()}, tmp_path / "unsafe.pt")
    (tmp_path / "broken.pt").write_bytes(b"not weights")
    (tmp_path / "empty.pt").write_bytes(b"")
    for name, cure in (("unsafe", "again"), ("broken", "again"), ("empty", "again"), ("missing", "fetch it first")):
        with pytest.raises(WeightsError, match=rf"{name}\.pt: .*{cure}") as error:
            read_published(tmp_path / f"{name}.pt", "fetch it first")
        assert "\n" not in str(error.value)
    assert "mischief" not in capsys.readouterr().out


def test_a_network_is_filled_or_left_alone() -> None:
    with torch.device("meta"):
        network = nn.Linear(2, 1)
    with pytest.raises(WeightsError, match=r"file: does not fit the network: missing \(1\): bias; misshaped \(1\)"):
        fill(network, {"weight": torch.ones(2, 2)}, Path("file"))
    assert network.weight.is_meta
    fill(network, {"weight": torch.ones(1, 2).half(), "bias": torch.zeros(1)}, Path("file"))
    assert network(torch.ones(1, 2)).item() == 2.0 and network.weight.dtype == torch.float32
