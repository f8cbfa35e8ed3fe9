import dataclasses
import json

import numpy as np
import pytest
import torch

from hearsight.config import build, plain
from hearsight.encoders import wavbrivl
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.encoders.wavlm import WavLM
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window


@pytest.fixture(scope="module")
def model() -> WavBriVL:
    torch.manual_seed(0)
    return WavBriVL(wavbrivl.debug()).eval()


def sound(seconds: float, seed: int = 0) -> Sound:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, round(16000 * seconds))).astype(np.float32)
    return Sound(samples, 16000)


def waves(count: int, samples: int = 4000) -> torch.Tensor:
    return torch.randn(count, samples, generator=torch.Generator().manual_seed(1)) * 0.1


@pytest.mark.parametrize("size", [wavbrivl.published, wavbrivl.as_written, wavbrivl.pocket, wavbrivl.debug])
def test_config_survives_json(size) -> None:
    assert build(WavBriVLConfig, json.loads(json.dumps(plain(size())))) == size()


def test_the_published_size_is_the_papers() -> None:
    with torch.device("meta"):
        model = WavBriVL(wavbrivl.published())
    assert len(model.weights) == 12 and len(model.head.layers) == 4
    assert model.narrow.out_features == 512 and model.head.fc2.out_features == 2048


def test_the_pocket_is_small() -> None:
    assert sum(parameter.numel() for parameter in WavBriVL(wavbrivl.pocket()).parameters()) < 2_000_000


def test_other_states_are_refused() -> None:
    with pytest.raises(ConfigError, match="states='some'"):
        dataclasses.replace(wavbrivl.debug(), states="some")


def test_a_wavlm_of_another_config_is_refused(model: WavBriVL) -> None:
    other = WavLM(dataclasses.replace(model.config.wavlm, layers=1))
    with pytest.raises(ConfigError, match="give both the same"):
        WavBriVL(model.config, other)


@pytest.mark.parametrize(("states", "kept"), [("layers", 2), ("all", 3)])
@torch.no_grad()
def test_states_are_averaged_by_learned_weights(model: WavBriVL, states: str, kept: int) -> None:
    encoder = WavBriVL(dataclasses.replace(model.config, states=states), model.wavlm).eval()
    heard = encoder.wavlm(waves(2))
    encoder.weights.copy_(torch.tensor([0.0, 30.0, 0.0][:kept]))  # so much that it is heard alone
    chosen = heard[-kept:][1]
    wanted = encoder.head(encoder.narrow(chosen))
    torch.testing.assert_close(encoder.encode_audio(waves(2)), wanted, atol=1e-5, rtol=1e-4)
    encoder.weights.zero_()
    wanted = encoder.head(encoder.narrow(heard[-kept:].mean(dim=0)))
    torch.testing.assert_close(encoder.encode_states(heard), wanted, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("update", [False, True])
def test_wavlm_is_frozen_or_updated(update: bool) -> None:
    torch.manual_seed(0)
    encoder = WavBriVL(dataclasses.replace(wavbrivl.debug(), update_wavlm=update)).train()
    before = {name: value.clone() for name, value in encoder.wavlm.named_parameters()}
    assert encoder.wavlm.training == encoder.wavlm.network.training == update and encoder.head.training
    optimiser = torch.optim.SGD([p for p in encoder.parameters() if p.requires_grad], lr=1.0)
    encoder.encode_audio(waves(2)).square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in (encoder.weights, *encoder.head.fc1.parameters()))
    optimiser.step()
    changed = [not torch.equal(before[name], value) for name, value in encoder.wavlm.named_parameters()]
    assert any(changed) == update
    if update:  # every tensor but the keys' biases, which cancel in a softmax
        still = [name for name, change in zip(before, changed, strict=True) if not change]
        assert all(name.endswith("k_proj.bias") for name in still)


def test_gradients_pass_a_frozen_wavlm_to_the_waveform(model: WavBriVL) -> None:
    wave = waves(1).requires_grad_()
    model.encode_audio(wave).square().sum().backward()
    assert wave.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in model.wavlm.parameters())


def test_training_pulls_sounds_to_their_embeddings() -> None:
    torch.manual_seed(0)
    encoder = WavBriVL(wavbrivl.debug()).train()
    waveform = torch.stack([torch.sin(torch.arange(4000) * pitch / 20) for pitch in (1, 3, 5, 9)])
    targets = torch.eye(16)[:4]
    states = encoder.wavlm(waveform).detach()  # frozen, so they can be kept
    optimiser = torch.optim.AdamW([p for p in encoder.parameters() if p.requires_grad], lr=3e-3)
    losses = []
    for _ in range(60):
        loss = (encoder.encode_states(states) - targets).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) / 5 < 0.5 * losses[0]


def test_hear_gives_unit_embeddings_that_company_never_changes(model: WavBriVL) -> None:
    sounds = [sound(0.2), sound(1.1, seed=1), sound(0.5, seed=2)]
    together = model.hear(sounds)
    assert together.shape == (3, 16)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, alone in zip(together, sounds, strict=True):
        assert torch.equal(row[None], model.hear([alone]))
    assert model.hear([]).shape == (0, 16)


def test_padding_of_short_sounds_is_masked(model: WavBriVL) -> None:
    window = Window(rate=16000, seconds=0.5, short="pad")
    encoder = WavBriVL(dataclasses.replace(model.config, window=window))
    encoder.load_state_dict(model.state_dict())
    encoder.eval()
    clips = window.cut(sound(0.3))
    with torch.no_grad():
        wanted = encoder.encode_audio(clips.samples, clips.mask)
        unmasked = encoder.encode_audio(clips.samples)
    row = encoder.hear([sound(0.3)])
    torch.testing.assert_close(row, wanted / wanted.norm())
    assert not torch.allclose(row, unmasked / unmasked.norm(), atol=1e-4)


def test_training_mode_is_refused_where_numbers_must_stay() -> None:
    with pytest.raises(ConfigError, match=r"hear: .*\.eval\(\)"):
        WavBriVL(wavbrivl.debug()).train().hear([sound(0.5)])
