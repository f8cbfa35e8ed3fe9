"""Where a training begins."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.errors import ConfigError, WeightsError
from hearsight.hub.network import save_network
from hearsight.training.start import begin

MODEL = PictureClassifierConfig(("dog", "rain"), 16, 4)
NAME = "picture_classifier"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    save_network(tmp_path / "begun", NAME, PictureClassifier(MODEL))
    return tmp_path / "begun"


def test_without_a_start_weights_are_random() -> None:
    torch.manual_seed(2)
    begun = begin(NAME, PictureClassifier, MODEL, None)
    torch.manual_seed(2)
    for one, other in zip(begun.parameters(), PictureClassifier(MODEL).parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_start_gives_its_weights_and_all_of_them_learn(folder: Path) -> None:
    begun = begin(NAME, PictureClassifier, MODEL, folder)
    torch.manual_seed(1)
    for one, other in zip(begun.parameters(), PictureClassifier(MODEL).parameters(), strict=True):
        assert torch.equal(one, other) and one.requires_grad


def test_a_start_of_another_shape_or_kind_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"start=.*begun: is .*; set model to the same, or leave start out"):
        begin(NAME, PictureClassifier, replace(MODEL, width=8), folder)
    with pytest.raises(WeightsError, match="nothing"):
        begin(NAME, PictureClassifier, MODEL, tmp_path / "nothing")
