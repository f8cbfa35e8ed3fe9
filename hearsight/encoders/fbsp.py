"""The complex frequency B-spline transform: a spectrogram whose frequencies and time windows are learned.

Guzhov et al., "ESResNe(X)t-fbsp: Learning Robust Time-Frequency Transformation of Audio" (2021), equation 4:

    kernel(t) = sqrt(fb) * sinc(fb t / m)^m * exp(-i fc t)

with order m, bandwidth fb and centre frequency fc learned for every frequency bin. At m = 0 it is Fourier's transform.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

BLACKMAN_HARRIS = (0.35875, 0.48829, 0.14128, 0.01168)  # Harris 1978, the minimum four-term window
TINY = 1e-8  # keeps sinc(fb t / m) defined at m = 0; part of what the published weights were trained with


@dataclass(frozen=True)
class FBSPConfig:
    """A frequency B-spline transform. The defaults are those of the published AudioCLIP at 44.1 kHz."""

    length: int = 2048
    """Samples a kernel covers; it has length / 2 + 1 frequency bins."""
    frame: int = 1654
    """Samples of sound in one frame, centred in the kernel."""
    hop: int = 561
    """Samples from one frame to the next."""

    @property
    def bins(self) -> int:
        """Frequency bins."""
        return self.length // 2 + 1


class Remembered(NamedTuple):
    """The kernels last used without gradient, with the parameters they were made from."""

    parameters: Float[Tensor, "3 bin"]
    basis: Float[Tensor, "2*bin frame"]


class FBSP(nn.Module):
    """Framing, windowing and the learned transform, always in float32.

    The kernels' phase fc * t reaches thousands of radians, where float32 rounds sine and cosine by up to 1e-4. The
    published weights were trained with exactly that rounding, so the kernels are made in float32 on purpose.
    """

    def __init__(self, config: FBSPConfig) -> None:
        super().__init__()
        self.config = config
        self.order = nn.Parameter(torch.zeros(config.bins))
        self.bandwidth = nn.Parameter(torch.ones(config.bins))
        self.centre = nn.Parameter(torch.arange(config.bins, dtype=torch.float32))
        self.register_buffer("window", blackman_harris(config.frame))
        self.window: Tensor
        self._remembered: Remembered | None = None

    def forward(
        self, waveform: Float[Tensor, "signal time"]
    ) -> tuple[Float[Tensor, "signal frame bin"], Float[Tensor, "signal frame bin"]]:
        """Real and imaginary part of the transform of every frame."""
        with torch.autocast(waveform.device.type, enabled=False):
            frames = self.frames(waveform.float()) * self.window.float()
            both = functional.linear(frames, self.basis())  # [signal, frame, 2 * bin]
        real, imaginary = both.chunk(2, dim=-1)
        return real, imaginary

    def frames(self, waveform: Float[Tensor, "signal time"]) -> Float[Tensor, "signal frame sample"]:
        """Overlapping frames; what is missing from the last one is zero, half of it before the sound and half after."""
        frame, hop = self.config.frame, self.config.hop
        length = waveform.shape[-1]
        count = 1 + max(0, math.ceil((length - frame) / hop))
        missing = (count - 1) * hop + frame - length
        return functional.pad(waveform, (missing // 2, missing - missing // 2)).unfold(-1, frame, hop)

    def kernels(self) -> Float[Tensor, "2 bin sample"]:
        """Real and imaginary part of the kernels, divided by sqrt(length) so that each has norm 1 at order 0."""
        order, bandwidth, centre = (_scaled(p)[:, None] for p in (self.order, self.bandwidth, self.centre))
        time = math.pi * torch.linspace(-1, 1, self.config.length, device=order.device) + TINY
        spline = _sinc(bandwidth * time / (order + TINY))
        # A negative number to a broken power is complex: (-a)^m = a^m exp(i pi m).
        magnitude = spline.abs() ** order
        turn = order * torch.where(spline < 0, math.pi, 0.0)
        window_real, window_imaginary = magnitude * turn.cos(), magnitude * turn.sin()
        cosine, sine = (centre * time).cos(), (centre * time).sin()
        real = window_real * cosine + window_imaginary * sine
        imaginary = window_imaginary * cosine - window_real * sine
        return torch.stack((real, imaginary)) * (bandwidth.sqrt() / math.sqrt(self.config.length))

    def basis(self) -> Float[Tensor, "2*bin frame"]:
        """The part of the kernels that meets a frame; made anew while learning, else only when a parameter changed."""
        if torch.is_grad_enabled() and any(parameter.requires_grad for parameter in self.parameters()):
            return self._centred(self.kernels())
        # Outside inference mode, so that a gradient towards the sound may pass through remembered kernels later.
        with torch.inference_mode(False), torch.no_grad():
            now = torch.stack((self.order, self.bandwidth, self.centre))
            before = self._remembered
            if before is None or before.parameters.device != now.device or not torch.equal(before.parameters, now):
                before = self._remembered = Remembered(now, self._centred(self.kernels()))
        return before.basis

    def norm_loss(self) -> Float[Tensor, ""]:
        """How far the kernels are from norm 1, squared, averaged over the bins (AudioCLIP's loss_ttf)."""
        return (self.kernels().square().sum(dim=(0, 2)).sqrt() - 1).square().mean()

    def _centred(self, kernels: Float[Tensor, "2 bin sample"]) -> Float[Tensor, "2*bin frame"]:
        # A frame is centred in the kernel between zeros, so the kernel's two ends never count.
        margin = (self.config.length - self.config.frame) // 2
        return kernels[..., margin : margin + self.config.frame].flatten(0, 1).contiguous()


def blackman_harris(length: int) -> Float[Tensor, "length"]:
    """The periodic four-term Blackman-Harris window."""
    angle = torch.arange(length, dtype=torch.float64) * (2 * math.pi / length)
    terms = [(-1) ** k * weight * torch.cos(k * angle) for k, weight in enumerate(BLACKMAN_HARRIS)]
    return torch.stack(terms).sum(dim=0).float()


def _sinc(x: Float[Tensor, "bin sample"]) -> Float[Tensor, "bin sample"]:
    """sin x / x, and 1 at 0 (torch.sinc puts a factor pi inside, which rounds differently)."""
    nonzero = torch.where(x == 0, 1.0, x)
    return torch.where(x == 0, 1.0, nonzero.sin() / nonzero)


def _scaled(parameter: Float[Tensor, "bin"]) -> Float[Tensor, "bin"]:
    """The parameter in float32; its gradient, which spans many magnitudes, arrives divided by its largest entry."""
    value = parameter.float()
    if not (torch.is_grad_enabled() and parameter.requires_grad):
        return value
    value = value.view_as(value)
    value.register_hook(lambda gradient: gradient / gradient.abs().amax().clamp_min(torch.finfo(gradient.dtype).tiny))
    return value
