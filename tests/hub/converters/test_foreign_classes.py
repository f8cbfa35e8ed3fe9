"""Checkpoints of training frameworks: their classes are left out, any other is refused, nothing runs."""

import sys
import types
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from hearsight.errors import WeightsError
from hearsight.hub.converters.foreign_classes import LeftOut, read_without_foreign_classes


class Callback:
    """As pickled by a framework that is not installed where the file is read."""

    def __init__(self) -> None:
        self.monitor = "val/rec_loss"


class Trap:
    """Would print when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("sprung",)


def save_with_lightning(content: dict[object, object], file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("pytorch_lightning.callbacks")
    module.Callback = Callback  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "pytorch_lightning", types.ModuleType("pytorch_lightning"))
        patched.setitem(sys.modules, module.__name__, module)
        patched.setattr(Callback, "__module__", module.__name__)
        torch.save(content, file)


def test_classes_of_a_framework_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "last.ckpt"
    state = OrderedDict(weight=torch.arange(3.0))
    save_with_lightning({"callbacks": {Callback: 1}, "held": Callback(), "state_dict": state}, file, monkeypatch)
    content = read_without_foreign_classes(file, "give another")
    assert content["state_dict"]["weight"].tolist() == [0, 1, 2]
    assert list(content["callbacks"]) == [LeftOut]
    assert isinstance(content["held"], LeftOut)
    assert not hasattr(content["held"], "monitor")


def test_anything_else_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "trap.ckpt"
    torch.save({"state_dict": Trap()}, file)
    with pytest.raises(WeightsError, match=r"names .*print, which weights have no use for"):
        read_without_foreign_classes(file, "give another")
    assert capsys.readouterr().out == ""


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no such file; fetch it"):
        read_without_foreign_classes(tmp_path / "none.ckpt", "fetch it")
    broken = tmp_path / "broken.ckpt"
    broken.write_bytes(b"nothing")
    with pytest.raises(WeightsError, match="not a weights file that is safe to read"):
        read_without_foreign_classes(broken, "fetch it")
