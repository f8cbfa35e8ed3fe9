import copy
import math

import pytest
import torch

from hearsight.encoders.fbsp import FBSP, FBSPConfig, blackman_harris

CONFIG = FBSPConfig(length=64, frame=50, hop=20)


def sound(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def trained() -> FBSP:
    fbsp = FBSP(CONFIG).eval()
    with torch.no_grad():
        fbsp.order.copy_(torch.linspace(0.1, 1.5, CONFIG.bins))
    return fbsp


@pytest.mark.parametrize(("length", "frames"), [(1, 1), (50, 1), (51, 2), (70, 2), (71, 3), (1000, 49)])
def test_frames_cover_the_sound_with_zeros_on_both_sides(length: int, frames: int) -> None:
    waveform = torch.ones(1, length)
    cut = FBSP(CONFIG).frames(waveform)
    assert cut.shape == (1, frames, CONFIG.frame)
    missing = (frames - 1) * CONFIG.hop + CONFIG.frame - length
    joined = cut[0, :, : CONFIG.hop].flatten()[: -CONFIG.hop].tolist() + cut[0, -1].tolist()  # overlaps taken once
    assert joined == [0.0] * (missing // 2) + [1.0] * length + [0.0] * (missing - missing // 2)


def test_untrained_transform_is_fouriers() -> None:
    """At order 0 a kernel is a complex exponential over [-pi, pi], both ends included."""
    fbsp, waveform = FBSP(CONFIG).eval(), sound(1, CONFIG.frame)
    real, imaginary = fbsp(waveform)
    padded = torch.nn.functional.pad(waveform * fbsp.window, (7, 7)).to(torch.complex128)
    time = torch.linspace(-math.pi, math.pi, 64, dtype=torch.float64)
    wanted = padded @ torch.exp(-1j * torch.arange(33)[:, None] * time).mT / 8
    torch.testing.assert_close(torch.complex(real, imaginary)[0].to(torch.complex128), wanted, atol=1e-4, rtol=1e-4)
    assert fbsp.norm_loss() < 1e-9


def test_power_of_a_negative_window_is_complex() -> None:
    """The kernels of a trained transform, against complex arithmetic in float64."""
    fbsp = trained()
    order, bandwidth, centre = (p.detach().double()[:, None] for p in (fbsp.order, fbsp.bandwidth, fbsp.centre))
    time = torch.linspace(-math.pi, math.pi, 64, dtype=torch.float64)
    argument = bandwidth * time / order
    spline = (argument.sin() / argument).to(torch.complex128) ** order
    wanted = bandwidth.sqrt() * spline * torch.exp(-1j * centre * time) / 8
    # Where the sine crosses zero its float32 rounding is all that is left, and a small order magnifies it.
    told = argument.sin().abs() > 1e-2
    ours = torch.complex(*fbsp.kernels()).detach().to(torch.complex128)
    assert told.float().mean() > 0.9
    torch.testing.assert_close(ours[told], wanted[told], atol=1e-5, rtol=1e-4)


def test_kernels_are_remembered_until_a_parameter_changes() -> None:
    fbsp, waveform = trained(), sound(2, 200)
    with torch.no_grad():
        before = fbsp(waveform)[0]
        assert fbsp.basis() is fbsp.basis()
        fbsp.bandwidth.mul_(1.1)
        after = fbsp(waveform)[0]
    assert not torch.allclose(before, after)
    torch.testing.assert_close(after, fbsp(waveform)[0].detach())  # with gradient they are made anew
    other = copy.deepcopy(fbsp)
    other.load_state_dict(FBSP(CONFIG).state_dict())
    with torch.no_grad():
        torch.testing.assert_close(other(waveform)[0], FBSP(CONFIG)(waveform)[0])


def test_remembered_kernels_pass_gradients_to_the_sound() -> None:
    fbsp, waveform = trained().requires_grad_(False), sound(1, 200).requires_grad_()
    with torch.inference_mode():
        fbsp(sound(1, 200))
    fbsp(waveform)[0].sum().backward()
    assert waveform.grad.abs().max() > 0


def test_gradients_of_the_parameters_have_largest_entry_one() -> None:
    fbsp = trained().train()
    (1e3 * fbsp(sound(1, 200))[0].square().sum()).backward()
    for parameter in fbsp.parameters():
        assert parameter.grad.abs().max().item() == pytest.approx(1.0)


def test_stays_in_float32_under_autocast() -> None:
    fbsp, waveform = trained(), sound(1, 200)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        real, _ = fbsp(waveform)
    assert real.dtype == torch.float32
    assert torch.equal(real, fbsp(waveform)[0].detach())


def test_window_matches_scipy() -> None:
    from scipy.signal import get_window

    wanted = torch.from_numpy(get_window("blackmanharris", 1654)).float()
    torch.testing.assert_close(blackman_harris(1654), wanted, atol=1e-7, rtol=0)
