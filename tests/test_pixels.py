import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.pixels import as_pixels, colours, from_uint8, to_images, to_pixels, to_uint8


@pytest.fixture
def image() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(256, size=(4, 6, 3), dtype=np.uint8))


def test_to_uint8_rounds_to_the_nearest() -> None:
    values = torch.tensor([-2.0, -1.0, 0.0, 0.999, 1.0, 3.0])[None, None, None]
    assert to_uint8(values).flatten().tolist() == [0, 0, 128, 255, 255, 255]


def test_every_colour_survives_the_way_to_a_network_and_back() -> None:
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 256).expand(3, 1, 256)
    values = from_uint8(every)
    assert values.dtype == torch.float32 and values.min() == -1 and values.max() == 1
    assert torch.equal(to_uint8(values), every)


def test_channels_come_first(image: Image.Image) -> None:
    found = colours(image)
    assert found.shape == (3, 4, 6)
    assert tuple(found[:, 2, 5].tolist()) == image.getpixel((5, 2))


def test_an_image_becomes_values_and_an_image_again(image: Image.Image) -> None:
    values = to_pixels(image)
    np.testing.assert_allclose((values.numpy().transpose(1, 2, 0) + 1) * 127.5, np.asarray(image), atol=1e-4)
    first, second = to_images(torch.stack([values, -values]))
    assert first.tobytes() == image.tobytes()
    np.testing.assert_array_equal(np.asarray(second), 255 - np.asarray(image))


def test_other_modes_become_rgb() -> None:
    assert colours(Image.new("L", (2, 1), 7)).tolist() == [[[7, 7]]] * 3
    assert colours(Image.new("RGBA", (1, 1), (1, 2, 3, 0))).flatten().tolist() == [1, 2, 3]


def test_values_stay_and_colours_become_values() -> None:
    values = torch.tensor([-1.0, 0.2, 1.0]).view(3, 1, 1)
    assert as_pixels(values) is values
    assert torch.equal(as_pixels(to_uint8(values)), from_uint8(to_uint8(values)))
