"""BriVL's image tower: same weights, same numbers as its authors' code (fixtures: manifest.json, cases.npz).

As released, and at EfficientNet-B7 and 360 pixels, as WavBriVL's text says (../brivl_image_b7).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from synth import Kit
from torch.nn import functional

from hearsight.encoders.brivl_image import (
    BriVLImage,
    BriVLImageConfig,
    as_written,
    first_release,
    published,
    reranker,
)
from hearsight.hub.converters.brivl_image import read_brivl_image

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Release:
    """A file of weights, and which tower is fed in which of its cases."""

    kit: Kit
    variant: str | None
    sizes: dict[str, Callable[[], BriVLImageConfig]]
    """By case; the first is that of the file."""

    @property
    def config(self) -> BriVLImageConfig:
        return next(iter(self.sizes.values()))()

    def given(self, case: str, name: str) -> torch.Tensor:
        return torch.from_numpy(self.kit.input(case, name)).float()


RELEASES = {
    "released": Release(
        Kit(HERE), "image_only", {"grid456": published, "boxes380": first_release, "whole456": reranker}
    ),
    "as_written": Release(Kit(HERE.with_name("brivl_image_b7")), None, {"grid360": as_written}),
}
CASES = [(name, case) for name, release in RELEASES.items() for case in sorted(release.kit.cases)]


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Release, BriVLImage]:
    """The stand-in file in the published layout, through our loader; up to a gigabyte, so made once and removed."""
    release, file = RELEASES[request.param], tmp_path_factory.mktemp("brivl_image") / "brivl-with-roberta-base.pth"
    torch.save(release.kit.checkpoint(release.variant), file)
    try:
        return release, read_brivl_image(file, release.config)
    finally:
        file.unlink()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("loaded", "case"), CASES, indirect=["loaded"])
@torch.no_grad()
def test_every_case(loaded: tuple[Release, BriVLImage], case: str) -> None:
    release, tower = loaded
    check = release.kit.check
    pixels, boxes = release.given(case, "x"), release.given(case, "boxes")
    mask = release.given(case, "mask").bool()
    features = tower.backbone(pixels)
    check(case, "feature_map", features)
    regions = tower.pool(features, boxes, *pixels.shape[2:])
    check(case, "pooled", regions)
    attended = tower.head.attend(functional.normalize(regions, dim=-1), mask)
    check(case, "attended", attended[mask])
    own = release.sizes[case]() == tower.config  # then its boxes are those of the case
    embedding = tower.encode_image(pixels) if own else tower.encode_image(pixels, boxes, mask)
    check(case, "embedding", embedding)
    check(case, "embedding_unit", functional.normalize(embedding))


@pytest.mark.parametrize(("name", "case"), CASES)
def test_pictures_are_fed_as_the_named_size_says(name: str, case: str) -> None:
    """The size in pixels, and (where no detector is needed) the regions, are those of the case."""
    release = RELEASES[name]
    config = release.sizes[case]()
    assert release.given(case, "x").shape[2:] == (config.size, config.size)
    if case != "boxes380":
        with torch.device("meta"):
            tower = BriVLImage(config)
        given = release.given(case, "boxes")[0][release.given(case, "mask")[0] > 0]
        torch.testing.assert_close(tower.boxes(config.size, config.size), given)
