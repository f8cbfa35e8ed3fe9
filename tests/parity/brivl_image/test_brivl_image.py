"""BriVL's released image tower: same weights, same numbers as its authors' (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from synth import Kit
from torch.nn import functional

from hearsight.encoders.brivl_image import BriVLImage, first_release, published, reranker
from hearsight.hub.converters.brivl_image import read_brivl_image

KIT = Kit(Path(__file__).parent)
SIZES = {"grid456": published, "boxes380": first_release, "whole456": reranker}


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> BriVLImage:
    """The stand-in file in the published layout, through our loader; half a gigabyte, so made once and removed."""
    file = tmp_path_factory.mktemp("brivl_image") / "brivl-with-roberta-base.pth"
    torch.save(KIT.checkpoint("image_only"), file)
    try:
        return read_brivl_image(file)
    finally:
        file.unlink()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", sorted(KIT.cases))
@torch.no_grad()
def test_every_case(case: str, tower: BriVLImage) -> None:
    pixels, boxes, mask = (torch.from_numpy(KIT.input(case, name)).float() for name in ("x", "boxes", "mask"))
    mask = mask.bool()
    features = tower.backbone(pixels)
    KIT.check(case, "feature_map", features)
    regions = tower.pool(features, boxes, *pixels.shape[2:])
    KIT.check(case, "pooled", regions)
    attended = tower.head.attend(functional.normalize(regions, dim=-1), mask)
    KIT.check(case, "attended", attended[mask])
    embedding = tower.encode_image(pixels, boxes, mask)
    KIT.check(case, "embedding", embedding)
    KIT.check(case, "embedding_unit", functional.normalize(embedding))


@pytest.mark.parametrize("case", sorted(KIT.cases))
def test_pictures_are_fed_as_the_named_size_says(case: str) -> None:
    """The size in pixels, and (where no detector is needed) the regions, are those of the case."""
    config = SIZES[case]()
    pixels = KIT.input(case, "x")
    assert pixels.shape[2:] == (config.size, config.size)
    if case != "boxes380":
        with torch.device("meta"):
            tower = BriVLImage(config)
        given = torch.from_numpy(KIT.input(case, "boxes")[0][KIT.input(case, "mask")[0] > 0])
        torch.testing.assert_close(tower.boxes(config.size, config.size), given.float())
