import pytest
import torch

from benchmarks import peers


def _count(module: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize("patch", [1, 2])
@pytest.mark.parametrize("parameters", [5_100_000, 7_100_000])
def test_a_painter_is_of_our_size(parameters, patch):
    with torch.device("meta"):
        painter = peers.painter_of(parameters, 64, 256, patch)
    assert _count(painter) == pytest.approx(parameters, rel=0.09)


def test_a_painter_attends_at_sixteen_and_hears():
    torch.manual_seed(0)
    painter = peers.painter_of(200_000, 32, 16, patch=2).eval()
    assert [type(block).__name__ for block in painter.network.down_blocks] == ["AttnDownBlock2D"] + ["DownBlock2D"] * 3
    noisy, timestep = torch.randn(2, 3, 32, 32), torch.tensor([3.0, 3.0])
    with torch.inference_mode():
        drawn = painter(noisy, timestep, torch.randn(2, 16))
        other = painter(noisy, timestep, torch.randn(2, 16))
    assert drawn.shape == noisy.shape
    assert not torch.allclose(drawn, other)


def test_an_ear_is_of_our_size_and_hears():
    ear = peers.ear_of(1_060_000, 5.0)
    assert _count(ear) == pytest.approx(1_060_000, rel=0.2)
    random = torch.Generator().manual_seed(0)
    spectrogram = ear.spectrogram(torch.rand(2, 5 * peers.EAR_RATE, generator=random) - 0.5)
    heard = ear(spectrogram)
    assert heard.shape == (2, ear.network.config.hidden_size)
    assert not torch.allclose(heard[0], heard[1])
