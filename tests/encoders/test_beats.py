"""What BEATs promises beyond the published numbers, which are in tests/parity/beats."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from hearsight.config import build, plain
from hearsight.encoders import beats
from hearsight.encoders.beats import BEATs, BEATsConfig
from hearsight.encoders.beats_encoder import _decay_gradient
from hearsight.errors import ConfigError, SoundError
from hearsight.hub.network import load_network, save_network
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

RATE = 16000


def make(**changes: object) -> BEATs:
    """The debug network with weights large enough that everything matters."""
    torch.manual_seed(0)
    model = BEATs(replace(beats.debug(), **changes)).eval()
    for name, weight in model.named_parameters():
        if "norm" not in name and "original0" not in name:
            torch.nn.init.normal_(weight, std=0.3)
    return model


@pytest.fixture(scope="module")
def model() -> BEATs:
    return make(classes=3, labels=("dog", "rain", "clock"))


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) - 0.5


def sound(samples: int, seed: int = 0) -> Sound:
    return Sound(noise(1, samples, seed=seed).numpy(), RATE)


@pytest.mark.parametrize("size", [beats.published, beats.pocket, beats.debug])
def test_config_survives_json(size) -> None:
    config = size()
    assert build(BEATsConfig, json.loads(json.dumps(plain(config)))) == config


def test_the_sizes_are_as_large_as_they_say() -> None:
    with torch.device("meta"):
        published, pocket = BEATs(beats.published()), BEATs(beats.pocket())
    assert sum(weight.numel() for weight in published.parameters()) == 90_717_055
    assert 0.85e6 < sum(weight.numel() for weight in pocket.parameters()) < 0.95e6
    assert (beats.published().tokens, beats.published().tokens_in(5 * RATE), beats.pocket().tokens) == (496, 248, 124)


def test_output_has_every_layer_and_the_classes(model: BEATs) -> None:
    output = model(noise(2, RATE))
    assert output.layers.shape == (2, model.config.tokens, model.width) == (2, 12, 48)
    assert torch.equal(output.final, output.layers[..., -16:])
    assert output.mask.shape == (2, 12) and output.mask.all()
    torch.testing.assert_close(output.logits, model.predictor(output.final).mean(dim=1))
    assert torch.equal(output.probabilities, output.logits.sigmoid())
    assert BEATs(beats.debug())(noise(1, RATE)).probabilities is None


def test_tokens_are_in_order_of_time_then_of_frequency() -> None:
    """With nothing but the patches, a click at one time and a tone at one height change the tokens there alone."""
    model = make()
    seen: list[torch.Tensor] = []
    model.patch_embedding.register_forward_hook(lambda *call: seen.append(call[2].flatten(2).mT))
    silence = torch.zeros(1, RATE)
    click = silence.clone()
    click[0, 4 * 16 * 160 + 1000] = 0.5  # in the fifth patch of time
    low = 0.3 * torch.sin(2 * torch.pi * 150 * torch.arange(RATE) / RATE)[None]  # in the lower of two bands
    for waveform in (silence, click, low):
        model(waveform)
    empty, clicked, hummed = seen
    changed = (clicked != empty).any(dim=-1)[0].nonzero().flatten().tolist()
    assert changed == [8, 9]
    moved = (hummed - empty).norm(dim=-1)[0]
    assert moved[0::2].min() > moved[1::2].max()


def test_a_mask_without_padding_changes_nothing(model: BEATs) -> None:
    waveform = noise(2, RATE)
    masked = model(waveform, torch.zeros(2, RATE, dtype=torch.bool))
    plainly = model(waveform)
    assert torch.equal(masked.layers, plainly.layers) and torch.equal(masked.logits, plainly.logits)
    assert masked.mask.all()


def padded(clips: list[torch.Tensor], length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Clips in one batch, what is beyond their ends loud and masked."""
    batch, padding = noise(len(clips), length, seed=9), torch.ones(len(clips), length, dtype=torch.bool)
    for row, clip in enumerate(clips):
        batch[row, : len(clip)], padding[row, : len(clip)] = clip, False
    return batch, padding


def assert_each_as_alone(model: BEATs, clips: list[torch.Tensor], length: int) -> None:
    together = model(*padded(clips, length))
    for row, clip in enumerate(clips):
        alone = model(clip[None])
        count = alone.layers.shape[1]
        assert together.mask[row].tolist() == [True] * count + [False] * (together.mask.shape[1] - count)
        torch.testing.assert_close(together.layers[row, :count], alone.layers[0], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.logits[row], alone.logits[0], atol=1e-4, rtol=1e-4)


def test_exactly_padded_clips_are_heard_as_alone() -> None:
    lengths = (2800, 5359, 5360, 9999, 16000, 15600)
    clips = [noise(length, seed=length) for length in lengths]
    assert_each_as_alone(make(classes=3, padding="exact"), clips, RATE)


def test_padding_as_published_leaves_alone_what_falls_on_its_groups() -> None:
    """Three seconds: 161 samples to a frame, two frames to a token; 17 patches of 2560 samples end at both edges."""
    model = make(classes=3, bands=128, window=Window(RATE, 3.0))
    assert_each_as_alone(model, [noise(43776, seed=1), noise(48000, seed=2)], 48000)


def test_padding_as_published_drifts_elsewhere() -> None:
    """A clip that ends within a patch: some of its bands are masked, others hear padding."""
    model = make(bands=128, window=Window(RATE, 3.0))
    mask = model(*padded([noise(30000)], 48000)).mask[0].unflatten(0, (18, 8))
    assert mask[:11].all() and not mask[12:].any()
    assert mask[11].tolist() == [True] * 6 + [False] * 2


def test_what_exact_padding_holds_is_never_heard() -> None:
    model = make(classes=3, padding="exact")
    batch, mask = padded([noise(9999), noise(RATE)], RATE)
    other = torch.where(mask, noise(2, RATE, seed=5), batch)
    first, second = model(batch, mask), model(other, mask)
    assert not torch.equal(batch, other)
    assert torch.equal(first.layers, second.layers) and torch.equal(first.logits, second.logits)


def test_company_never_changes_a_number(model: BEATs) -> None:
    sounds = [sound(5000), sound(40000, seed=1), sound(16000, seed=2)]
    together, classes = model.hear(sounds), model.classify(sounds)
    assert together.shape == (3, 12, 48) and classes.shape == (3, 3)
    for row, probabilities, alone in zip(together, classes, sounds, strict=True):
        assert torch.equal(row[None], model.hear([alone]))
        assert torch.equal(probabilities[None], model.classify([alone]))


def test_a_short_sound_is_repeated_and_the_middle_of_a_long_one_heard(model: BEATs) -> None:
    short, long = sound(4000), sound(24000, seed=1)
    filled = torch.from_numpy(np.tile(short.samples, 4))
    middle = torch.from_numpy(long.samples[:, 4000:20000])
    torch.testing.assert_close(model.hear([short, long]), model(torch.cat([filled, middle])).layers, atol=1e-5, rtol=0)


def test_windows_may_be_averaged_and_short_sounds_padded() -> None:
    window = Window(RATE, 1.0, short="pad", long="average")
    model = make(classes=3, padding="exact", window=window)
    long, short = sound(32000), sound(8000)
    halves = model(torch.from_numpy(long.samples.reshape(2, RATE)))
    torch.testing.assert_close(model.hear([long])[0], halves.layers.mean(dim=0), atol=1e-5, rtol=0)
    alone = model(torch.from_numpy(short.samples))
    torch.testing.assert_close(model.hear([short])[0, : alone.layers.shape[1]], alone.layers[0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(model.classify([short]), alone.probabilities, atol=1e-4, rtol=1e-4)


def test_bad_input_is_one_clear_line(model: BEATs) -> None:
    with pytest.raises(SoundError, match="2799 samples is shorter than one patch of 2800"):
        model(noise(1, 2799))
    assert model(noise(1, 2800)).layers.shape[1] == 2
    with pytest.raises(ConfigError, match=r"padding \[1, 100\]: give one value per sample, \[1, 16000\]"):
        model(noise(1, RATE), torch.zeros(1, 100, dtype=torch.bool))
    with pytest.raises(SoundError, match="less than 2800 samples before its padding"):
        make(padding="exact")(*padded([noise(2799)], RATE))
    with pytest.raises(ConfigError, match="no predictor"):
        BEATs(beats.debug()).eval().classify([sound(100)])
    with pytest.raises(ConfigError, match="training mode"):
        BEATs(beats.debug()).hear([sound(100)])


def test_every_weight_learns_and_dropouts_act_in_training_alone() -> None:
    model = make(classes=2, dropout=0.2, attention_dropout=0.2, predictor_dropout=0.2, layer_dropout=0.0)
    waveform = noise(4, RATE)
    assert torch.equal(model(waveform).logits, model(waveform).logits)
    model.train()
    assert not torch.equal(model(waveform).logits, model(waveform).logits)
    model(waveform).logits.square().sum().backward()
    idle = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert idle == []


def test_a_training_step_may_leave_out_every_layer() -> None:
    model = make(layer_dropout=1.0).train()
    output = model(noise(1, RATE))
    assert torch.equal(output.layers[..., :16], output.final)
    model.eval()
    assert not torch.equal(model(noise(1, RATE)).layers[..., :16], output.final)


def test_lower_layers_learn_more_slowly() -> None:
    tokens = torch.randn(1, 2, 3, requires_grad=True)
    passed = _decay_gradient(tokens, 0.6)
    assert torch.equal(passed, tokens)
    passed.sum().backward()
    torch.testing.assert_close(tokens.grad, torch.full((1, 2, 3), 0.6))


def test_other_published_settings_change_the_network() -> None:
    waveform, usual = noise(1, RATE), make()(noise(1, RATE)).final
    for changes in (
        {"norm_first": True, "deep_norm": False},
        {"deep_norm": False},
        {"relative_position": False, "gated": False},
        {"gated": False},
        {"activation": "relu"},
        {"patch_bias": True},
        {"patch_width": 16},
    ):
        assert not torch.allclose(make(**changes)(waveform).final, usual), changes


def test_a_network_comes_back_from_its_folder(model: BEATs, tmp_path) -> None:
    save_network(tmp_path, "beats", model)
    again = load_network(tmp_path, "beats", BEATs, BEATsConfig)
    assert again.config == model.config
    torch.testing.assert_close(again.hear([sound(5000)]), model.hear([sound(5000)]), atol=1e-5, rtol=1e-5)


def test_autocast_leaves_the_filter_bank_alone(model: BEATs) -> None:
    waveform = noise(1, RATE)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(model.spectrogram(waveform), model.spectrogram(waveform.clone()))
        assert model.spectrogram(waveform).dtype == torch.float32
        rounded = model(waveform).layers
    torch.testing.assert_close(rounded.float(), model(waveform).layers, atol=0.2, rtol=0.1)
