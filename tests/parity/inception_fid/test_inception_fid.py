"""Inception-v3 by pytorch-fid's weights and arithmetic, FID and inception score: the published numbers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from synth import Kit

from hearsight.encoders.inception import Inception
from hearsight.evaluation.frechet_distance import frechet_distance
from hearsight.evaluation.inception_score import inception_score
from hearsight.hub.converters.inception import read_inception

KIT = Kit(Path(__file__).parent)


@pytest.fixture(scope="module")
def inception(tmp_path_factory: pytest.TempPathFactory) -> Inception:
    """The stand-in file in the published layout, through our loader."""
    file = tmp_path_factory.mktemp("inception") / "pt_inception-2015-12-05-6726825d.pth"
    torch.save(KIT.checkpoint(), file)
    try:
        return read_inception(file)
    finally:
        file.unlink()


@pytest.mark.parametrize("case", ["image", "small", "large"])
def test_features(case: str, inception: Inception) -> None:
    pixels = torch.from_numpy(KIT.input(case, "x")) * 2 - 1
    with torch.no_grad():
        features = inception.features(pixels)
    for depth, values in features.items():
        KIT.check(case, f"pool{depth}", values)


def test_frechet_distance() -> None:
    a, b = KIT.input("fid", "a"), KIT.input("fid", "b")
    KIT.check("fid", "fid", [frechet_distance(a, b)])
    KIT.check("fid", "fid_same", [frechet_distance(a, a)])


def test_frechet_distance_of_fewer_samples_than_dimensions() -> None:
    a, b = (KIT.input("fid_singular", name) for name in "ab")
    KIT.check("fid_singular", "fid", [frechet_distance(a, b)])


@pytest.mark.parametrize("splits", [1, 3, 10])
def test_inception_score(splits: int) -> None:
    score = inception_score(KIT.input("is", "probabilities"), splits)
    KIT.check("is", f"splits{splits}", np.array(score))


def test_every_case_is_checked() -> None:
    assert set(KIT.cases) == {"image", "small", "large", "fid", "fid_singular", "is"}
