import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from hearsight.config import build, plain
from hearsight.encoders import imagebind
from hearsight.encoders.imagebind import Block, ImageBind, ImageBindConfig
from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError, SoundError
from hearsight.sound.sound import Sound

RATE = 16000


@pytest.fixture(scope="module")
def model() -> ImageBind:
    torch.manual_seed(0)
    model = ImageBind(imagebind.debug())
    for weight in model.parameters():  # new ones hear little: everything but the matrices is 0 or 1
        torch.nn.init.normal_(weight, std=0.3)
    return model.eval()


def sound(seconds: float, seed: int = 0, channels: int = 1) -> Sound:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (channels, round(RATE * seconds))).astype(np.float32)
    return Sound(samples, RATE)


def waves(count: int, samples: int = 4000) -> torch.Tensor:
    return torch.randn(count, samples, generator=torch.Generator().manual_seed(1)) / 10


@pytest.mark.parametrize("size", [imagebind.published, imagebind.debug])
def test_config_survives_json(size) -> None:
    assert build(ImageBindConfig, json.loads(json.dumps(plain(size())))) == size()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"heads": 3}, "width=16: must be a multiple of heads=3"),
        ({"patch": 17}, "patch=17: is larger than 16 bands"),
        ({"clips": 0}, "clips=0"),
        ({"seconds": 0.01}, r"seconds=0\.01"),
    ],
)
def test_what_cannot_be_is_refused(wrong, message) -> None:
    with pytest.raises(ConfigError, match=message):
        replace(imagebind.debug(), **wrong)


def test_the_published_size() -> None:
    with torch.device("meta"):
        model = ImageBind(imagebind.published())
    assert sum(weight.numel() for weight in model.parameters()) == 86_235_648
    assert model.config.grid == (12, 19) and model.positions.shape == (1, 229, 768)
    assert [block.drop for block in model.blocks] == pytest.approx([0.1 * layer / 11 for layer in range(12)])
    assert model.encode_spectrogram(torch.empty(2, 128, 204, device="meta")).shape == (2, 1024)


def test_two_seconds_are_198_frames_and_six_of_zeros() -> None:
    with torch.device("meta"):
        model = ImageBind(imagebind.published())
    bank = model.spectrogram(waves(1, 32000))
    assert bank.shape == (1, 128, 204)
    torch.testing.assert_close(bank[..., 198:], torch.full((1, 128, 6), 4.268 / 9.138))
    assert not torch.isclose(bank[..., 197], bank[..., 198]).any(dim=1).all()
    assert model.spectrogram(waves(1, 64000)).shape == (1, 128, 204)


def test_the_filter_bank_is_kaldis() -> None:
    kaldi = pytest.importorskip("kaldi_native_fbank")
    with torch.device("meta"):
        model = ImageBind(imagebind.published())
    waveform = waves(1, 32000)
    options = kaldi.FbankOptions()
    options.frame_opts.dither, options.frame_opts.samp_freq, options.frame_opts.window_type = 0, RATE, "hanning"
    options.mel_opts.num_bins = 128
    bank = kaldi.OnlineFbank(options)
    bank.accept_waveform(RATE, waveform[0].tolist())
    bank.input_finished()
    theirs = np.stack([bank.get_frame(frame) for frame in range(bank.num_frames_ready)])
    ours = model.spectrogram(waveform)[0, :, :198].mT * 9.138 - 4.268
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_the_mean_of_a_clip_changes_nothing(model: ImageBind) -> None:
    """The published code subtracts it first; every frame loses its own anyway."""
    waveform = waves(1)
    torch.testing.assert_close(model.spectrogram(waveform + 0.1), model.spectrogram(waveform), atol=1e-2, rtol=0)


def written_out(model: ImageBind, spectrogram: torch.Tensor) -> torch.Tensor:
    """The network once more, from its weights alone: patch by patch, head by head."""
    config, width = model.config, model.config.width // model.config.heads

    def norm(x: torch.Tensor, layer: torch.nn.LayerNorm, epsilon: float) -> torch.Tensor:
        x = x - x.mean(dim=-1, keepdim=True)
        return x / (x.square().mean(dim=-1, keepdim=True) + epsilon).sqrt() * layer.weight + layer.bias

    kernels = model.stem.weight.flatten(1)
    patches = [
        kernels @ spectrogram[band : band + config.patch, frame : frame + config.patch].flatten()
        for band in range(0, config.bands - config.patch + 1, config.stride)
        for frame in range(0, config.frames - config.patch + 1, config.stride)
    ]
    x = torch.cat([model.class_token[0], norm(torch.stack(patches), model.stem_norm, 1e-5)]) + model.positions[0]
    for block in model.blocks:
        attention = block.attention
        all_three = norm(x, block.attention_norm, 1e-6) @ attention.in_proj_weight.T + attention.in_proj_bias
        query, key, value = all_three.chunk(3, dim=-1)
        key, value = torch.cat([key, attention.bias_k[0]]), torch.cat([value, attention.bias_v[0]])
        heads = []
        for head in range(config.heads):
            own = slice(head * width, (head + 1) * width)
            weights = (query[:, own] @ key[:, own].T / math.sqrt(width)).softmax(dim=-1)
            heads.append(weights @ value[:, own])
        x = x + torch.cat(heads, dim=-1) @ attention.out_proj.weight.T + attention.out_proj.bias
        hidden = norm(x, block.norm, 1e-6) @ block.widen.weight.T + block.widen.bias
        hidden = hidden * 0.5 * (1 + torch.erf(hidden / math.sqrt(2)))
        x = x + hidden @ block.narrow.weight.T + block.narrow.bias
    return norm(x[0], model.head_norm, 1e-6) @ model.head.weight.T


@torch.no_grad()
def test_the_network_is_the_papers_transformer(model: ImageBind) -> None:
    spectrogram = model.spectrogram(waves(2))
    expected = torch.stack([written_out(model, one) for one in spectrogram])
    torch.testing.assert_close(model.encode_spectrogram(spectrogram), expected, atol=1e-4, rtol=1e-4)


def test_hear_gives_unit_embeddings_that_company_never_changes(model: ImageBind) -> None:
    sounds = [sound(0.1), sound(1.7, seed=1), sound(0.25, seed=2, channels=2)]
    together = model.hear(sounds)
    assert together.shape == (3, 16)
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    for row, alone in zip(together, sounds, strict=True):
        assert torch.equal(row[None], model.hear([alone]))
    assert model.hear([]).shape == (0, 16)
    assert SharedSpace.of(model).kinds == ("sound",)


@torch.no_grad()
def test_a_long_sound_is_the_mean_of_three_clips_from_its_beginning_to_its_end(model: ImageBind) -> None:
    long = sound(1.0)
    samples = torch.from_numpy(long.samples[0])
    clips = torch.stack([samples[:4000], samples[6000:10000], samples[12000:]])
    embeddings = model.encode_audio(clips)
    mean = (20 * embeddings / embeddings.norm(dim=1, keepdim=True)).mean(dim=0)
    torch.testing.assert_close(model.hear_scaled([long])[0], mean, atol=1e-4, rtol=1e-4)
    assert 0 < mean.norm() < 20
    torch.testing.assert_close(model.hear([long])[0], mean / mean.norm(), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_short_sound_is_one_clip_followed_by_zeros_in_the_filter_bank(model: ImageBind) -> None:
    short = sound(0.1)
    embedding = model.encode_audio(torch.from_numpy(short.samples))
    torch.testing.assert_close(model.hear_scaled([short]), 20 * embedding / embedding.norm())
    frames = 1 + (1600 - 400) // 160
    bank = model.spectrogram(torch.from_numpy(short.samples))
    torch.testing.assert_close(bank[..., frames:], torch.full((1, 16, 26 - frames), 4.268 / 9.138))
    assert model.hear([sound(0.01)]).isfinite().all()  # less than a frame
    with pytest.raises(SoundError, match="shorter than one frame"):
        model.encode_audio(waves(1, 300))


def test_the_scale_is_that_of_the_weights_up_to_a_hundred(model: ImageBind) -> None:
    loud = ImageBind(model.config).eval()
    for scale, length in ((5.0, 5.0), (1000.0, 100.0)):
        loud.load_state_dict({**model.state_dict(), "log_scale": torch.tensor(math.log(scale))})
        torch.testing.assert_close(loud.hear_scaled([sound(0.2)]).norm(), torch.tensor(length))


def test_training_leaves_out_layers_clip_by_clip_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    block = Block(imagebind.debug(), drop=0.4)
    added = block._kept(torch.ones(4000, 1, 1)).flatten()
    assert added.unique().tolist() == [0.0, pytest.approx(1 / 0.6)]
    assert added.mean().item() == pytest.approx(1, abs=0.05)
    assert torch.equal(block.eval()._kept(torch.ones(3, 1, 1)), torch.ones(3, 1, 1))


def test_training_mode_is_refused_where_numbers_must_stay() -> None:
    with pytest.raises(ConfigError, match="training mode"):
        ImageBind(imagebind.debug()).hear([sound(0.2)])


def test_gradients_reach_every_weight() -> None:
    torch.manual_seed(0)
    model = ImageBind(imagebind.debug())
    model(waves(4)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())
