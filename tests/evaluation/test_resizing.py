import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from hearsight.errors import ConfigError
from hearsight.evaluation.resizing import for_inception


@pytest.fixture(params=[(40, 64), (500, 401)])
def picture(request) -> Image.Image:
    height, width = request.param
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_pytorch_fid_interpolates_without_antialiasing(picture) -> None:
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    expected = 2 * functional.interpolate(pixels, (299, 299), mode="bilinear", align_corners=False) - 1
    assert torch.allclose(for_inception(picture, "pytorch-fid")[None], expected, atol=1e-5)


def test_clean_fid_is_pils_bicubic_in_floating_point(picture) -> None:
    """PIL's bicubic of an 8-bit picture is the same but for rounding; it also clips, so this one has no extremes."""
    pale = picture.point(lambda value: 100 + value // 8)
    found = for_inception(pale, "clean-fid") * 128 + 128
    rounded = torch.from_numpy(np.array(pale.resize((299, 299), Image.Resampling.BICUBIC))).permute(2, 0, 1)
    assert torch.allclose(found, rounded.float(), rtol=0, atol=1.5)
    assert not torch.equal(found, found.round())


def test_the_protocols_differ_most_where_pictures_shrink() -> None:
    stripes = Image.fromarray(np.tile(np.array([[0, 255]], dtype=np.uint8), (600, 300))).convert("RGB")
    aliased, clean = (for_inception(stripes, name) for name in ("pytorch-fid", "clean-fid"))
    assert clean.abs().mean() < 0.3 < aliased.std() + aliased.abs().mean()


def test_another_protocol_is_refused() -> None:
    with pytest.raises(ConfigError, match="known: pytorch-fid, clean-fid"):
        for_inception(Image.new("RGB", (4, 4)), "lanczos")
