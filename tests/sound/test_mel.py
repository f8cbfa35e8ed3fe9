"""Mel scales against their published anchors, filters against their definition."""

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.sound.mel import hertz_to_mel, mel_filters, mel_to_hertz


@pytest.mark.parametrize(
    ("scale", "hertz", "mel"),
    [
        ("slaney", 200.0, 3.0),  # three steps of 200/3 Hz
        ("slaney", 1000.0, 15.0),
        ("slaney", 6400.0, 42.0),  # 27 steps make a factor of 6.4
        ("htk", 700.0, 781.1728),  # 2595 log10(2)
        ("kaldi", 700.0, 781.1769),  # 1127 ln(2)
    ],
)
def test_scales_at_known_points(scale, hertz, mel):
    hertz, mel = torch.tensor([hertz], dtype=torch.float64), torch.tensor([mel], dtype=torch.float64)
    assert torch.allclose(hertz_to_mel(hertz, scale), mel, rtol=1e-6)
    assert torch.allclose(mel_to_hertz(mel, scale), hertz, rtol=1e-6)


@pytest.mark.parametrize("scale", ["slaney", "htk", "kaldi"])
def test_scales_invert(scale):
    hertz = torch.linspace(0, 22050, 500, dtype=torch.float64)
    mel = hertz_to_mel(hertz, scale)
    assert (mel.diff() > 0).all()
    assert torch.allclose(mel_to_hertz(mel, scale), hertz, atol=1e-8)


@pytest.mark.parametrize("scale", ["slaney", "htk", "kaldi"])
def test_filters_are_triangles_that_sum_to_one_inside(scale):
    filters = mel_filters(16000, 2048, 20, 100.0, 7000.0, scale)
    assert filters.shape == (20, 1025)
    assert (filters >= 0).all()
    assert (filters <= 1).all()
    frequencies = torch.arange(1025) * 16000 / 2048
    peaks = frequencies[filters.argmax(dim=1)]
    assert (peaks.diff() > 0).all()
    between = (frequencies > peaks[0] + 20) & (frequencies < peaks[-1] - 20)
    assert torch.allclose(filters.sum(dim=0)[between], torch.ones(int(between.sum())), atol=1e-5)
    outside = (frequencies < 100) | (frequencies > 7000)
    assert (filters[:, outside] == 0).all()


def test_slaney_norm_gives_area_one():
    filters = mel_filters(16000, 8192, 20, 100.0, 7000.0, norm="slaney")
    area = filters.sum(dim=1) * 16000 / 8192
    assert torch.allclose(area, torch.ones(20), atol=1e-2)


def test_odd_transforms_have_their_own_frequencies():
    # The highest bin of 551 samples is 275 * rate / 551, below half the rate.
    filters = mel_filters(22050, 551, 40)
    peak = filters[-1].argmax() * 22050 / 551
    edges = mel_to_hertz(torch.linspace(0, float(hertz_to_mel(torch.tensor(11025.0), "slaney")), 42), "slaney")
    assert abs(peak - edges[-2]) < 22050 / 551


def test_filters_are_ones_own():
    mel_filters(16000, 512, 40).zero_()
    assert mel_filters(16000, 512, 40).any()


@pytest.mark.parametrize(("low", "high"), [(-1.0, None), (5000.0, 4000.0), (0.0, 9000.0), (0.0, 0.0)])
def test_frequencies_outside_are_refused(low, high):
    with pytest.raises(ConfigError, match="between 0 and half the rate"):
        mel_filters(16000, 512, 40, low, high)


def test_unknown_scales_are_refused():
    with pytest.raises(ConfigError, match="'bark'"):
        mel_filters(16000, 512, 40, scale="bark")
