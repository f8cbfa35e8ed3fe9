from dataclasses import replace

import pytest
import torch

from benchmarks import search
from benchmarks.published_views import published_views
from hearsight.samplers.cutouts import CutoutsConfig, cutouts
from hearsight.seeds import generator
from hearsight.systems import guided_vqgan_config
from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN

CONFIG = CutoutsConfig(count=400, size=16, noise=0.0)


@pytest.fixture
def picture() -> torch.Tensor:
    return 0.2 + 0.6 * torch.rand(1, 3, 40, 40, generator=generator(0))


def test_views_that_nothing_happens_to_are_ours(picture):
    still = replace(CONFIG, count=3, chance=0.0)
    ours, theirs = cutouts(picture[0], still, 0), published_views(picture, still, generator(0))
    torch.testing.assert_close(theirs, ours)


@pytest.mark.parametrize("left_out", [{"erased": (0.0, 0.0)}, {"erased": (0.0, 0.0), "colour": 0.0}])
def test_on_average_the_views_are_ours(picture, left_out):
    config = replace(CONFIG, **left_out)
    ours, theirs = cutouts(picture[0], config, 0), published_views(picture, config, generator(0))
    for moment in (torch.mean, torch.std):
        assert float((moment(theirs, dim=0) - moment(ours, dim=0)).abs().mean()) < 0.03


@pytest.mark.parametrize("change", ["_brightness", "_contrast", "_saturation", "_hue"])
def test_a_change_of_nothing_leaves_colours_as_they_are(picture, change):
    from benchmarks import published_views as module

    torch.testing.assert_close(getattr(module, change)(picture, torch.zeros(1, 1, 1, 1)), picture, atol=1e-5, rtol=0)


def test_both_searches_take_as_many_steps_with_as_many_views():
    system = Wav2CLIPVQGAN(guided_vqgan_config.wav2clip_debug())
    seen: list[int] = []
    system.eye.image.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    heard = torch.randn(1, system.config.ear.embed)
    search.published_loop(system, heard, 3, 5)
    theirs, seen[:] = list(seen), []
    search.ours(system, heard, 3, 5)
    assert theirs == [5, 5, 5] and seen == [5, 5, 5, 5]  # ours looks once more, at what it gives back
