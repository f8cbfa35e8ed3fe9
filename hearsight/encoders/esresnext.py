"""ESResNe(X)t-fbsp, the published audio head of AudioCLIP: a learned spectrogram, then a ResNeXt-50 with attention.

Guzhov et al., "ESResNe(X)t-fbsp" (2021) and "AudioCLIP: Extending CLIP to Image, Text and Audio" (2021), section 3.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.fbsp import FBSP, FBSPConfig

EXPANSION = 4  # a bottleneck's output channels per inner channel
BANDS = 3  # low, middle and high frequencies take the place of red, green and blue
SILENCE = 1e-18  # the power, -180 dB, that stands for no sound at all
ATTENTION_KERNELS = ((3, 1), (1, 5), (3, 1), (1, 5))  # frequency x time, after each of the four stages


@dataclass(frozen=True)
class ESResNeXtConfig:
    """An ESResNe(X)t audio head. The defaults are those of the published AudioCLIP (ResNeXt-50 32x4d)."""

    spectrogram: FBSPConfig = field(default_factory=FBSPConfig)
    """The learned transform before the network."""
    layers: tuple[int, int, int, int] = (3, 4, 6, 3)
    """Bottlenecks in each of the four stages."""
    width: int = 64
    """Channels after the first convolution; every stage doubles what follows."""
    cardinality: int = 32
    """Groups of the 3x3 convolutions."""
    group_width: int = 4
    """Channels per group in the first stage."""


class ESResNeXt(nn.Module):
    """Waveforms in [-1, 1] to embeddings, without normalisation. The channels of one sound are summed before `fc`."""

    def __init__(self, config: ESResNeXtConfig, embed: int) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.fbsp = FBSP(config.spectrogram)
        self.conv1 = nn.Conv2d(BANDS, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        outputs = [width * EXPANSION * 2**stage for stage in range(4)]
        inputs = [width, *outputs[:-1]]
        self.stages = nn.ModuleList(
            nn.Sequential(*_stage(config, stage, channels)) for stage, channels in enumerate(inputs)
        )
        self.attentions = nn.ModuleList(map(Attention, inputs, outputs, ATTENTION_KERNELS))
        self.pool_attention = Attention(outputs[-1], outputs[-1], (3, 5))
        self.fc = nn.Linear(outputs[-1], embed)

    def forward(self, waveform: Float[Tensor, "batch channel time"]) -> Float[Tensor, "batch embed"]:
        """Embeddings of waveforms in [-1, 1] at the rate the weights were trained at (44.1 kHz)."""
        batch, channel, _ = waveform.shape
        x = self.spectrogram(waveform.flatten(0, 1)).to(self.conv1.weight.dtype)
        x = x.contiguous(memory_format=torch.channels_last)  # a fifth faster on processors, and everything follows it
        x = functional.max_pool2d(functional.relu(self.bn1(self.conv1(x))), 3, stride=2, padding=1)
        for stage, attention in zip(self.stages, self.attentions, strict=True):
            y = stage(x)
            x = y * attention(functional.adaptive_max_pool2d(x, y.shape[-2:]))
        gate = self.pool_attention(functional.adaptive_max_pool2d(x, 1))
        features = (functional.adaptive_avg_pool2d(x, 1) * gate).flatten(1)
        return self.fc(features.unflatten(0, (batch, channel)).sum(dim=1))

    def spectrogram(self, waveform: Float[Tensor, "signal time"]) -> Float[Tensor, "signal band bin frame"]:
        """Decibels of the learned transform, its bins cut into three bands that lie on each other like colours."""
        real, imaginary = self.fbsp(as_trained(waveform))
        rows = real.shape[-1] - real.shape[-1] % BANDS  # the top two of 1025 bins are dropped
        power = real[..., :rows].square() + imaginary[..., :rows].square()
        decibel = 10 * torch.where(power > 0, power, SILENCE).log10()
        return decibel.mT.unflatten(1, (BANDS, rows // BANDS))

    def norm_loss(self) -> Float[Tensor, ""]:
        """The penalty on the transform's kernels that is added to the loss."""
        return self.fbsp.norm_loss()


class Bottleneck(nn.Module):
    """The ResNeXt block: 1x1, grouped 3x3 (which carries the stride) and 1x1 convolution around a shortcut."""

    def __init__(self, before: int, inner: int, after: int, stride: int, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, padding=1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(
        self, x: Float[Tensor, "batch before height width"]
    ) -> Float[Tensor, "batch after height/stride width/stride"]:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class Attention(nn.Module):
    """A gate in (0, 1) for every output of a stage, from what went into the stage."""

    def __init__(self, before: int, after: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        same = (kernel[0] // 2, kernel[1] // 2)
        self.conv_depth = nn.Conv2d(before, before, kernel, padding=same, groups=before)
        self.conv_point = nn.Conv2d(before, after, 1)
        self.bn = nn.BatchNorm2d(after)

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after height width"]:
        return self.bn(self.conv_point(self.conv_depth(x))).sigmoid()


def as_trained(waveform: Float[Tensor, "signal time"]) -> Float[Tensor, "signal time"]:
    """The published mapping of 16-bit integers to [-1, 1], for a waveform that is in [-1, 1] already.

    The network was trained on integers from -32768 to 32767 mapped by ((x + 32768) * 2) / 65535 - 1, which moves zero
    to 1.5e-5. Multiplying by 32768 is exact, so these are the published numbers to the last bit.
    """
    return ((waveform.float() * 32768 + 32768) * 2) / 65535 - 1


def _stage(config: ESResNeXtConfig, stage: int, before: int) -> Iterator[Bottleneck]:
    inner = config.group_width * config.cardinality * 2**stage
    after = config.width * EXPANSION * 2**stage
    for block in range(config.layers[stage]):
        stride = 2 if stage > 0 and block == 0 else 1
        yield Bottleneck(before if block == 0 else after, inner, after, stride, config.cardinality)
