import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.config import build, plain
from hearsight.encoders import brivl_image
from hearsight.encoders.brivl_image import DEVIATION, MEAN, BriVLImage, BriVLImageConfig
from hearsight.errors import ConfigError

SIZES = (
    brivl_image.published,
    brivl_image.first_release,
    brivl_image.reranker,
    brivl_image.as_written,
    brivl_image.pocket,
    brivl_image.debug,
)


@pytest.fixture(scope="module")
def tower() -> BriVLImage:
    torch.manual_seed(0)
    return BriVLImage(brivl_image.debug()).eval()


def pixels(count: int = 1, size: int = 32) -> torch.Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("size", SIZES)
def test_config_survives_json(size) -> None:
    assert build(BriVLImageConfig, json.loads(json.dumps(plain(size())))) == size()


@pytest.mark.parametrize("change", [{"regions": "squares"}, {"normalise": "clip"}])
def test_unknown_choices_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change.values()))):
        dataclasses.replace(brivl_image.debug(), **change)


def test_the_pocket_is_small() -> None:
    assert sum(parameter.numel() for parameter in BriVLImage(brivl_image.pocket()).parameters()) < 2_000_000


def test_the_grid_covers_the_picture_once_and_then_whole(tower: BriVLImage) -> None:
    boxes = tower.boxes(32, 48)
    assert boxes.tolist() == [
        [0, 0, 24, 16],
        [0, 16, 24, 32],
        [24, 0, 48, 16],
        [24, 16, 48, 32],
        [0, 0, 48, 32],
    ]
    whole = BriVLImage(dataclasses.replace(tower.config, regions="whole"))
    assert whole.boxes(32, 48).tolist() == [[0, 0, 48, 32]]


@torch.no_grad()
def test_a_region_is_read_where_its_box_is() -> None:
    """On a map that says where it is, the mean over a box's points is the box's middle, up to the published rule."""
    tower = BriVLImage(brivl_image.debug())
    columns = torch.linspace(-1, 1, 9).expand(9, 9)
    features = torch.zeros(1, 16, 9, 9)
    features[0, 0], features[0, 1] = columns, columns.mT
    tower.region.load_state_dict({"weight": torch.eye(16), "bias": torch.zeros(16)})
    boxes = torch.tensor([[[36.0, 36.0, 36.0, 36.0], [9.0, 27.0, 27.0, 54.0]]])
    regions = tower.pool(features, boxes, 72, 72)[0, :, :2]
    # Middles in the published placing: feature 4.5 of 9 is at 2 * 4.5 / 8 - 1 = 0.125, and -1 to 1 spans all 9 areas.
    middles = torch.tensor([[4.5, 4.5], [2.25, 5.0625]]) / 4 - 1
    torch.testing.assert_close(regions, middles * 9 / 8, atol=1e-5, rtol=0)


@torch.no_grad()
def test_boxes_of_the_grid_are_the_default(tower: BriVLImage) -> None:
    two = pixels(2)
    boxes = tower.boxes(32, 32).expand(2, -1, -1)
    torch.testing.assert_close(tower(two), tower.encode_image(two, boxes))


@torch.no_grad()
def test_boxes_that_fill_up_a_row_have_no_influence(tower: BriVLImage) -> None:
    boxes = torch.tensor([[[2.0, 3.0, 20.0, 30.0], [0.0, 0.0, 32.0, 32.0]]])
    filled = torch.cat((boxes, torch.zeros(1, 3, 4)), dim=1)
    mask = torch.tensor([[True, True, False, False, False]])
    one = pixels()
    torch.testing.assert_close(
        tower.encode_image(one, filled, mask), tower.encode_image(one, boxes), atol=1e-5, rtol=1e-4
    )


def test_pictures_are_squeezed_to_a_square_and_normalised(tower: BriVLImage) -> None:
    values = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    prepared = tower.prepare(Image.fromarray(values))
    wanted = (torch.from_numpy(values) / 255 - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    torch.testing.assert_close(prepared, wanted.permute(2, 0, 1))  # of the right size: not resampled
    wide = Image.new("RGB", (200, 50), "white")
    wide.paste("black", (100, 0, 200, 50))
    halves = tower.prepare(wide)
    assert halves.shape == (3, 32, 32)
    assert (halves[:, :, :15] > 0).all() and (halves[:, :, 17:] < 0).all()  # nothing was cut off
    plain_pixels = BriVLImage(dataclasses.replace(tower.config, normalise="nothing")).prepare(wide)
    assert plain_pixels.min() == 0 and plain_pixels.max() == 1


def test_look_gives_unit_embeddings_that_company_never_changes(tower: BriVLImage) -> None:
    pictures = [Image.new("RGB", (40, 30), color) for color in ("red", "blue", "lime")]
    together = tower.see(pictures)
    assert together.shape == (3, 16)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, alone in zip(together, pictures, strict=True):
        assert torch.equal(row[None], tower.see([alone]))
    assert tower.see([]).shape == (0, 16)


def test_search_can_follow_gradients_to_the_pixels() -> None:
    """A frozen tower, as search uses it: the gradient is that of finite differences."""
    torch.manual_seed(0)
    tower = BriVLImage(brivl_image.debug()).double().eval().requires_grad_(False)
    start = pixels().double().requires_grad_()
    direction = torch.randn(start.shape, generator=torch.Generator().manual_seed(3)).double()
    tower.encode_image(tower.normalise(start)).square().sum().backward()
    step = 1e-5
    ahead, behind = (
        tower.encode_image(tower.normalise(start.detach() + sign * step * direction)).square().sum() for sign in (1, -1)
    )
    torch.testing.assert_close((start.grad * direction).sum(), (ahead - behind) / (2 * step), rtol=1e-5, atol=1e-8)
