import math

import pytest
import torch

from hearsight.encoders.log_mel_cnn import LogMelCNN, LogMelCNNConfig, debug, pocket, relative


@pytest.fixture(scope="module")
def ear() -> LogMelCNN:
    torch.manual_seed(0)
    ear = LogMelCNN(debug(), embed=16)
    for module in ear.modules():  # statistics that are not those of a fresh network
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return ear.eval()


def sounds(batch: int, config: LogMelCNNConfig) -> torch.Tensor:
    time = round(config.rate * config.seconds)
    return torch.randn(batch, 1, time, generator=torch.Generator().manual_seed(1)) * 0.1


@torch.inference_mode()
def test_neighbours_in_a_batch_change_nothing(ear):
    waveform = sounds(3, ear.config)
    torch.testing.assert_close(ear(waveform)[1:2], ear(waveform[1:2]), atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_loudness_changes_nothing_and_content_does(ear):
    (first,) = sounds(1, ear.config)
    quiet = ear(first[None] * 0.05)
    torch.testing.assert_close(ear(first[None]), quiet, atol=1e-4, rtol=1e-3)
    assert (ear(torch.sin(torch.arange(22050) * 0.2)[None, None]) - quiet).abs().max() > 1e-2


@torch.inference_mode()
def test_channels_are_mixed_by_their_mean(ear):
    stereo = sounds(2, ear.config).transpose(0, 1)
    torch.testing.assert_close(ear(stereo), ear(stereo.mean(dim=1, keepdim=True)))


def test_relative_spectrograms_lie_between_silence_and_the_loudest_band():
    decibels = torch.tensor([[[-30.0, -50.0], [-200.0, -70.0]]])
    assert relative(decibels, 80.0).tolist() == [[[2.0, 1.0], [-2.0, 0.0]]]


def test_the_spectrogram_has_the_frames_it_promises():
    config = LogMelCNNConfig(seconds=2.0)
    decibels = LogMelCNN(config, 8).decibels(sounds(2, config))
    assert decibels.shape == (2, config.bands, config.frames)


@torch.inference_mode()
def test_a_tone_lights_up_its_own_band():
    config = pocket()
    tone = torch.sin(2 * math.pi * 1000 * torch.arange(22050) / 22050)[None, None]
    spectrum = LogMelCNN(config, 8).decibels(tone).mean(dim=2)[0]

    def mel(hertz: float) -> float:
        return 2595 * math.log10(1 + hertz / 700)

    step = (mel(11025) - mel(20)) / (config.bands + 1)
    assert abs(int(spectrum.argmax()) - ((mel(1000) - mel(20)) / step - 1)) <= 1


def test_the_pocket_ear_is_small_and_cheap():
    from torch.utils.flop_counter import FlopCounterMode

    ear = LogMelCNN(pocket(), embed=256).eval()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        assert ear.encode(torch.zeros(1, 64, pocket().frames)).shape == (1, 256)
    assert counter.get_total_flops() < 0.3e9
    assert sum(weight.numel() for weight in ear.parameters()) < 2e6


def test_every_weight_learns():
    ear = LogMelCNN(debug(), embed=16).train()
    ear(sounds(2, ear.config)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in ear.parameters())
