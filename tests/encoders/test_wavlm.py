import json
from pathlib import Path

import pytest
import torch
from transformers import WavLMModel

from hearsight.config import build, plain
from hearsight.encoders.wavbrivl import debug
from hearsight.encoders.wavlm import WavLM, WavLMConfig, _settings, base_plus, frame_mask
from hearsight.errors import SoundError, WeightsError

SMALL = debug().wavlm


@pytest.fixture(scope="module")
def model() -> WavLM:
    torch.manual_seed(0)
    return WavLM(SMALL).eval()


def waves(count: int, samples: int = 4000) -> torch.Tensor:
    return torch.randn(count, samples, generator=torch.Generator().manual_seed(1)) * 0.1


def test_config_survives_json() -> None:
    for config in (SMALL, base_plus()):
        assert build(WavLMConfig, json.loads(json.dumps(plain(config)))) == config


@torch.no_grad()
def test_there_is_a_state_before_and_after_every_layer(model: WavLM) -> None:
    states = model(waves(2))
    assert states.shape == (3, 2, 12, 16)
    assert model.frames(4000) == 12
    assert not torch.allclose(states[0], states[1]) and not torch.allclose(states[1], states[2])


@torch.no_grad()
def test_company_has_no_influence_and_masked_frames_are_not_attended_to(model: WavLM) -> None:
    two = waves(2)
    torch.testing.assert_close(model(two)[:, 1:], model(two[1:]), atol=1e-5, rtol=1e-4)
    mask = torch.ones(2, 4000, dtype=torch.bool)
    mask[1, 2000:] = False
    masked, plain_states = model(two, mask), model(two)
    torch.testing.assert_close(masked[:, 0], plain_states[:, 0], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(masked[2, 1], plain_states[2, 1], atol=1e-3)


@pytest.mark.parametrize(("heard", "padded"), [(20000, 37), (23000, 27), (32000, 0), (1, 98)])
def test_a_frame_is_padding_if_all_its_samples_are(heard: int, padded: int) -> None:
    """99 frames share 32000 samples, 323 each; transformers' own rule says 28 where 23000 are heard."""
    mask = torch.arange(32000)[None] < heard
    frames = frame_mask(mask, 99)
    assert frames.shape == (1, 99) and int((~frames).sum()) == padded
    assert frames[0, : 99 - padded].all()


def test_too_short_a_waveform_is_refused(model: WavLM) -> None:
    assert model(waves(1, 400)).shape[2] == 1
    with pytest.raises(SoundError, match="399 samples is shorter than one frame of 400"):
        model(waves(1, 399))


def test_training_drops_no_layer_and_masks_nothing(model: WavLM) -> None:
    """Either would change how many states there are, or hide frames, at random."""
    settings = model.network.config
    assert settings.layerdrop == settings.mask_time_prob == 0 and not settings.apply_spec_augment
    assert "masked_spec_embed" not in dict(model.network.named_parameters())


@torch.no_grad()
def test_from_pretrained_reads_transformers_layout(tmp_path: Path) -> None:
    torch.manual_seed(0)
    settings = _settings(SMALL)
    settings.mask_time_prob, settings.apply_spec_augment = 0.05, True  # as in the published folders
    theirs = WavLMModel(settings).eval()
    theirs.save_pretrained(tmp_path)
    ours = WavLM.from_pretrained(str(tmp_path))
    assert ours.config == SMALL and not ours.training
    wanted = theirs(waves(1), output_hidden_states=True).hidden_states
    torch.testing.assert_close(ours(waves(1)), torch.stack(wanted))


def test_from_pretrained_refuses_another_form_and_nothing(tmp_path: Path) -> None:
    settings = _settings(SMALL)
    settings.do_stable_layer_norm = True
    WavLMModel(settings).save_pretrained(tmp_path / "large")
    with pytest.raises(WeightsError, match="do_stable_layer_norm differ"):
        WavLM.from_pretrained(str(tmp_path / "large"))
    with pytest.raises(WeightsError, match="no WavLM that can be read") as error:
        WavLM.from_pretrained(str(tmp_path / "nothing"))
    assert "\n" not in str(error.value)
