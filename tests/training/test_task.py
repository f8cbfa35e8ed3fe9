"""Writing a product is something a task may do."""

from pathlib import Path

from torch import nn

from hearsight.training.task import Finishing


def test_finishing_is_recognised_by_its_method() -> None:
    class Writes:
        def finish(self, modules: nn.Module, out: Path) -> None:
            (out / "product").touch()

    assert isinstance(Writes(), Finishing)
    assert not isinstance(nn.Linear(1, 1), Finishing)
