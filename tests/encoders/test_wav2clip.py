import dataclasses
import json

import numpy as np
import pytest
import torch

from hearsight.config import build, plain
from hearsight.encoders import wav2clip
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.errors import ConfigError, SoundError
from hearsight.sound.sound import Sound


@pytest.fixture(scope="module")
def model() -> Wav2CLIP:
    torch.manual_seed(0)
    return Wav2CLIP(wav2clip.debug()).eval()


def sound(seconds: float, seed: int = 0) -> Sound:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, round(8000 * seconds))).astype(np.float32)
    return Sound(samples, 8000)


def waves(count: int) -> torch.Tensor:
    """Clips of very different level."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, 4000, generator=generator) * torch.logspace(-3, -1, count)[:, None]


@pytest.mark.parametrize("size", [wav2clip.published, wav2clip.pocket, wav2clip.debug])
def test_config_survives_json(size) -> None:
    assert build(Wav2CLIPConfig, json.loads(json.dumps(plain(size())))) == size()


def test_standardising_over_something_else_is_refused() -> None:
    with pytest.raises(ConfigError, match="standardise='song'"):
        dataclasses.replace(wav2clip.debug(), standardise="song")


def test_the_pocket_is_small() -> None:
    assert sum(parameter.numel() for parameter in Wav2CLIP(wav2clip.pocket()).parameters()) < 1_000_000


@torch.no_grad()
def test_company_matters_only_where_the_batch_is_standardised(model: Wav2CLIP) -> None:
    clips = waves(3)
    torch.testing.assert_close(model.encode_audio(clips)[:1], model.encode_audio(clips[:1]), atol=1e-5, rtol=1e-4)
    batch = Wav2CLIP(dataclasses.replace(model.config, standardise="batch")).eval()
    batch.load_state_dict(model.state_dict())
    assert not torch.allclose(batch.encode_audio(clips)[:1], batch.encode_audio(clips[:1]), atol=1e-2)
    torch.testing.assert_close(batch.encode_audio(clips[:1]), model.encode_audio(clips[:1]))


@torch.no_grad()
def test_standardised_clips_have_mean_0_and_deviation_1(model: Wav2CLIP) -> None:
    standardised = model.standardised(model.spectrogram(waves(2)))
    torch.testing.assert_close(standardised.mean(dim=(1, 2, 3)), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(standardised.std(dim=(1, 2, 3)), torch.ones(2), atol=1e-4, rtol=0)


@torch.no_grad()
def test_frames_are_clips_of_their_own(model: Wav2CLIP) -> None:
    wave = waves(2)
    frames = model.encode_frames(wave, 1000, 1500)
    assert frames.shape == (2, 16, 3)  # at 0, 1500 and 3000
    torch.testing.assert_close(frames[:, :, 1], model.encode_audio(wave[:, 1500:2500]), atol=1e-5, rtol=1e-4)
    with pytest.raises(ConfigError, match="length=5000: the waveform has only 4000"):
        model.encode_frames(wave, 5000, 100)


def test_hear_gives_unit_embeddings_that_company_never_changes(model: Wav2CLIP) -> None:
    sounds = [sound(0.2), sound(1.7, seed=1), sound(0.5, seed=2)]
    together = model.hear(sounds)
    assert together.shape == (3, 16)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, alone in zip(together, sounds, strict=True):
        assert torch.equal(row[None], model.hear([alone]))
    assert model.hear([]).shape == (0, 16)


def test_a_long_sound_is_the_average_of_its_windows(model: Wav2CLIP) -> None:
    long = sound(10 * model.config.window.seconds)  # more windows than are encoded at once
    with torch.no_grad():
        mean = model.encode_audio(model.config.window.cut(long).samples).mean(dim=0)
    torch.testing.assert_close(model.hear([long])[0], mean / mean.norm(), atol=1e-5, rtol=1e-4)


def test_training_mode_is_refused_where_numbers_must_stay() -> None:
    with pytest.raises(ConfigError, match=r"hear: .*\.eval\(\)"):
        Wav2CLIP(wav2clip.debug()).hear([sound(0.5)])


def test_too_short_a_waveform_is_refused(model: Wav2CLIP) -> None:
    with pytest.raises(SoundError, match="too short"):
        model.encode_audio(torch.zeros(1, 64))


def test_gradients_reach_every_parameter_and_the_waveform(model: Wav2CLIP) -> None:
    wave = waves(2).requires_grad_()
    model.zero_grad()
    model.encode_audio(wave).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())
    assert wave.grad.isfinite().all() and wave.grad.abs().sum() > 0
