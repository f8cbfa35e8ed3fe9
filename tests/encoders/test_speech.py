from dataclasses import replace

import numpy as np
import pytest
import torch

from hearsight.encoders.speech import SpeechEncoder, debug, pocket, published, real, standardised
from hearsight.errors import ConfigError, SoundError
from hearsight.sound import Sound

DEBUG = debug()


def sound(seconds: float, hertz: float = 440.0, rate: int = 8000) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    wobble = np.sin(2 * np.pi * hertz * (1 + 0.1 * np.sin(5 * time)) * time)
    return Sound((0.5 * wobble).astype(np.float32)[None], rate, name=f"{hertz:g}.wav")


@pytest.fixture
def encoder() -> SpeechEncoder:
    torch.manual_seed(0)
    return SpeechEncoder(DEBUG).eval()


def mels(lengths: list[int]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(length, DEBUG.mel.bins, generator=generator) for length in lengths]


def batch(parts: list[torch.Tensor], filler: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([len(part) for part in parts])
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True, padding_value=filler), lengths


def test_size_of_the_published_network() -> None:
    assert sum(weight.numel() for weight in SpeechEncoder(published()).parameters()) == 7_025_344
    assert published().embed == 1024 and pocket().embed == 384


def test_a_sentence_is_embedded_the_same_in_any_company(encoder: SpeechEncoder) -> None:
    sounds = [sound(0.5), sound(1.3, 700), sound(0.8, 200)]
    together, apart = encoder.hear(sounds), [encoder.hear([one])[0] for one in sounds]
    assert together.shape == (3, DEBUG.embed)
    assert all(torch.equal(row, alone) for row, alone in zip(together, apart, strict=True))
    torch.testing.assert_close(together.norm(dim=1), torch.ones(3))
    assert (together[0] - together[1]).abs().max() > 1e-3
    assert encoder.hear([]).shape == (0, DEBUG.embed)


def test_padding_does_not_leak_into_embeddings(encoder: SpeechEncoder) -> None:
    """Whatever stands after a sentence, however long, its embedding is what it is alone."""
    parts = mels([30, 61, 18])
    alone = torch.cat([encoder(part[None], torch.tensor([len(part)])) for part in parts])
    for filler in (0.0, 7.0):
        torch.testing.assert_close(encoder(*batch(parts, filler)), alone, rtol=1e-5, atol=1e-6)


def test_padding_does_not_leak_through_the_statistics_of_a_batch() -> None:
    parts = mels([30, 61, 18])
    found, statistics = [], []
    for filler in (0.0, 7.0):
        torch.manual_seed(0)
        network = SpeechEncoder(DEBUG).train()
        embeddings = network(*batch(parts, filler))
        embeddings.square().mul(torch.arange(DEBUG.embed)).sum().backward()
        found.append([embeddings, *(weight.grad for weight in network.parameters())])
        statistics.append(torch.cat([norm.running_mean for norm in network.norms]))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)
    torch.testing.assert_close(statistics[0], statistics[1])
    # They are those of the real frames, laid end to end.
    first = torch.cat([network.convolutions[0](part.mT) for part in parts], dim=1)
    torch.testing.assert_close(network.norms[0].running_mean, 0.1 * first.mean(dim=1))


def test_as_published_padding_is_heard() -> None:
    torch.manual_seed(0)
    encoder = SpeechEncoder(replace(DEBUG, padding="heard")).eval()
    parts = mels([18, 61])
    alone = encoder(parts[0][None], torch.tensor([18]))
    assert (encoder(*batch(parts))[:1] - alone).abs().max() > 1e-3


def test_the_shortest_sentence(encoder: SpeechEncoder) -> None:
    """Sixteen frames, just under 0.15 s in the published network."""
    assert published().shortest == DEBUG.shortest == 16
    assert encoder(torch.zeros(1, 16, 12), torch.tensor([16])).isfinite().all()
    with pytest.raises(SoundError, match="15 frames is too short, at least 16"):
        encoder(torch.zeros(1, 16, 12), torch.tensor([15]))
    assert len(encoder.spectrogram(sound(0.15))) == 16
    assert encoder.hear([sound(0.15)]).isfinite().all()
    with pytest.raises(SoundError, match=r"440.wav: 0.149 s are too short .* at least 0.15 s"):
        encoder.spectrogram(sound(0.149))


def test_silence_is_refused(encoder: SpeechEncoder) -> None:
    with pytest.raises(SoundError, match="silence"):
        encoder.hear([Sound(np.zeros((1, 8000), np.float32), 8000)])


def test_training_mode_is_refused(encoder: SpeechEncoder) -> None:
    with pytest.raises(ConfigError, match="training mode"):
        encoder.train().hear([sound(1)])


def test_standardised_bands() -> None:
    mel = torch.stack((torch.linspace(-3, 5, 50), torch.full((50,), -13.8)), dim=1)
    bands = standardised(mel)
    torch.testing.assert_close(bands[:, 0].std(correction=0), torch.tensor(1.0))
    assert bands[:, 0].mean().abs() < 1e-6
    assert bands[:, 1].abs().max() < 0.1  # nothing happens there: rounding is not blown up


def test_real() -> None:
    assert real(torch.tensor([0, 2, 3]), 3).tolist() == [[False] * 3, [True, True, False], [True] * 3]
