import pytest
import torch

from hearsight.training.distinctive_loss import distinctive_loss


def test_equation() -> None:
    generator = torch.Generator().manual_seed(0)
    speech, picture = torch.randn(4, 3, generator=generator), torch.randn(4, 3, generator=generator)
    classes = [2, 0, 1, 1]
    chances = speech.softmax(dim=1), picture.softmax(dim=1)
    expected = -sum(chance[row, one].log() for chance in chances for row, one in enumerate(classes)).item()
    given = speech, picture, torch.tensor(classes)
    assert distinctive_loss(*given, reduction="sum").item() == pytest.approx(expected, rel=1e-5)
    assert distinctive_loss(*given).item() == pytest.approx(expected / 4, rel=1e-5)
