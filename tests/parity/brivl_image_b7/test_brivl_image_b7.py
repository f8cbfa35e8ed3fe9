"""BriVL's code at EfficientNet-B7 and 360 pixels, as WavBriVL's text says (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from synth import Kit
from torch.nn import functional

from hearsight.encoders.brivl_image import BriVLImage, as_written
from hearsight.hub.converters.brivl_image import read_brivl_image

KIT = Kit(Path(__file__).parent)


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> BriVLImage:
    """The stand-in file through our loader; nearly a gigabyte, so made once and removed."""
    file = tmp_path_factory.mktemp("brivl_image_b7") / "b7.pth"
    torch.save(KIT.checkpoint(), file)
    try:
        return read_brivl_image(file, as_written())
    finally:
        file.unlink()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", sorted(KIT.cases))
@torch.no_grad()
def test_every_case(case: str, tower: BriVLImage) -> None:
    pixels, boxes, mask = (torch.from_numpy(KIT.input(case, name)).float() for name in ("x", "boxes", "mask"))
    mask = mask.bool()
    assert pixels.shape[2:] == (tower.config.size, tower.config.size)
    features = tower.backbone(pixels)
    KIT.check(case, "feature_map", features)
    regions = tower.pool(features, boxes, *pixels.shape[2:])
    KIT.check(case, "pooled", regions)
    KIT.check(case, "attended", tower.head.attend(functional.normalize(regions, dim=-1), mask)[mask])
    embedding = tower.encode_image(pixels)  # the boxes of the config are those of the case
    KIT.check(case, "embedding", embedding)
    KIT.check(case, "embedding_unit", functional.normalize(embedding))
