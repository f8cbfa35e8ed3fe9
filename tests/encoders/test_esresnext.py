import pytest
import torch

from hearsight.encoders.audioclip import debug_fbsp
from hearsight.encoders.esresnext import ESResNeXt, ESResNeXtConfig, as_trained


@pytest.fixture(scope="module")
def head() -> ESResNeXt:
    torch.manual_seed(0)
    return ESResNeXt(debug_fbsp().audio, embed=16).eval()


def sound(*shape: int) -> torch.Tensor:
    return 0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("length", [1, 199, 200, 201, 4000])
def test_any_length_gives_one_finite_embedding(head: ESResNeXt, length: int) -> None:
    with torch.no_grad():
        embedding = head(sound(2, 1, length))
    assert embedding.shape == (2, 16) and embedding.isfinite().all()


def test_silence_is_finite(head: ESResNeXt) -> None:
    with torch.no_grad():
        assert head(torch.zeros(1, 1, 4000)).isfinite().all()


def test_channels_are_summed_before_the_last_layer(head: ESResNeXt) -> None:
    waveform = sound(1, 1, 4000)
    with torch.no_grad():
        mono, stereo = head(waveform), head(waveform.expand(1, 2, -1))
    torch.testing.assert_close(stereo - head.fc.bias, 2 * (mono - head.fc.bias), atol=1e-5, rtol=1e-4)


def test_bands_lie_on_each_other_from_low_to_high(head: ESResNeXt) -> None:
    """A high tone lights up the last band."""
    tone = torch.sin(torch.arange(4000) * torch.pi * 0.9)[None]
    with torch.no_grad():
        spectrogram = head.spectrogram(tone)
    assert spectrogram.shape[1:3] == (3, 43)
    assert spectrogram[0].amax(dim=(1, 2)).argmax() == 2


def test_mapping_is_that_of_sixteen_bit_integers() -> None:
    ends = as_trained(torch.tensor([[-32768, 0, 32767]]) / 32768)
    torch.testing.assert_close(ends, torch.tensor([[-1.0, 1 / 65535, 1.0]]))


def test_published_size() -> None:
    with torch.device("meta"):
        head = ESResNeXt(ESResNeXtConfig(), embed=1024)
    assert head.stages[3][0].conv2.weight.shape == (1024, 32, 3, 3)
    assert head.fc.weight.shape == (1024, 2048)


def test_learns(head: ESResNeXt) -> None:
    torch.manual_seed(0)
    head = ESResNeXt(debug_fbsp().audio, embed=16).train()
    head(sound(4, 1, 4000)).square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())
