import pytest
import torch
from torch.nn.functional import avg_pool2d

from hearsight.training.rough_pictures import BLURRED, roughened


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_every_picture_has_noise_of_its_own_strength_and_some_batches_are_blurred(layout: torch.memory_format) -> None:
    pixels = torch.linspace(-1, 1, 4 * 3 * 8 * 8).view(4, 3, 8, 8).contiguous(memory_format=layout)
    blurred = 0
    for seed in range(40):
        torch.manual_seed(seed)
        strengths, noise = torch.rand(4, 1, 1, 1), torch.randn(pixels.shape)
        expected, blur = pixels + strengths * 0.2 * noise, bool(torch.rand(()) < BLURRED)
        if blur:
            expected = avg_pool2d(expected, 3, stride=1, padding=1, count_include_pad=False)
        torch.manual_seed(seed)
        torch.testing.assert_close(roughened(pixels, 0.2), expected)
        blurred += blur
    assert 0 < blurred < 40
