"""EfficientNet: pictures to maps of features, in the form that was trained with TensorFlow.

Tan and Le: "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (ICML 2019), table 1.
TensorFlow pads by the size of the picture, so that a stride of 2 may pad one side only, and its batch normalisation has
another epsilon: published weights need both. Names of tensors are the published ones.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-3  # of TensorFlow's batch normalisation
MOMENTUM = 0.01
SQUEEZE = 4  # channels of a block per channel of its gate
DIVISOR = 8  # every number of channels is a multiple of it
LEAST = 0.9  # and loses at most a tenth by that


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind, the first of which carries the stride. Numbers are those of EfficientNet-B0."""

    kernel: int
    """Height and width of the depthwise convolution."""
    stride: int
    """Stride of the first block."""
    expansion: int
    """Channels inside a block per channel before it; 1 leaves out the widening convolution."""
    channels: int
    """Channels after each block, before scaling."""
    blocks: int
    """Blocks, before scaling."""


B0 = (
    Stage(kernel=3, stride=1, expansion=1, channels=16, blocks=1),
    Stage(kernel=3, stride=2, expansion=6, channels=24, blocks=2),
    Stage(kernel=5, stride=2, expansion=6, channels=40, blocks=2),
    Stage(kernel=3, stride=2, expansion=6, channels=80, blocks=3),
    Stage(kernel=5, stride=1, expansion=6, channels=112, blocks=3),
    Stage(kernel=5, stride=2, expansion=6, channels=192, blocks=4),
    Stage(kernel=3, stride=1, expansion=6, channels=320, blocks=1),
)


@dataclass(frozen=True)
class EfficientNetConfig:
    """A scaled EfficientNet. The defaults are B5, which both BriVL releases use."""

    width: float = 1.6
    """Factor of all numbers of channels."""
    depth: float = 2.2
    """Factor of all numbers of blocks, rounded up."""
    stem: int = 32
    """Channels after the first convolution, which halves the picture; before scaling."""
    stages: tuple[Stage, ...] = B0
    """The stages; the last map is as many times smaller than the picture as their strides and 2 multiply to."""
    head: int = 1280
    """Channels of the last map, before scaling."""

    @property
    def features(self) -> int:
        """Channels of the last map."""
        return self.scaled(self.head)

    def scaled(self, channels: int) -> int:
        """`channels` times `width`, as the nearest multiple of eight that loses at most a tenth."""
        wanted = channels * self.width
        rounded = max(DIVISOR, int(wanted + DIVISOR / 2) // DIVISOR * DIVISOR)
        return rounded if rounded >= LEAST * wanted else rounded + DIVISOR


def b5() -> EfficientNetConfig:
    """EfficientNet-B5: 2048 channels, 28 million parameters."""
    return EfficientNetConfig()


def b7() -> EfficientNetConfig:
    """EfficientNet-B7: 2560 channels, 64 million parameters."""
    return EfficientNetConfig(width=2.0, depth=3.1)


class EfficientNet(nn.Module):
    """Pixels to the last map of features, without pooling and classifier."""

    def __init__(self, config: EfficientNetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.scaled(config.stem)
        self.conv_stem = convolution(3, channels, 3, stride=2)
        self.bn1 = normalisation(channels)
        stages = []
        for stage in config.stages:
            after = config.scaled(stage.channels)
            stages.append(nn.Sequential(*_blocks(stage, channels, after, math.ceil(stage.blocks * config.depth))))
            channels = after
        self.blocks = nn.Sequential(*stages)
        self.conv_head = convolution(channels, config.features)
        self.bn2 = normalisation(config.features)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.out_channels * math.prod(module.kernel_size) // module.groups
                nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(
        self, pixels: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch feature height/reduction width/reduction"]:
        """The last map, 32 times smaller than the picture in the published sizes."""
        x = functional.silu(self.bn1(self.conv_stem(pixels)))
        return functional.silu(self.bn2(self.conv_head(self.blocks(x))))


class DepthwiseSeparable(nn.Module):
    """The block of the first stage: depthwise convolution, gate, pointwise convolution."""

    def __init__(self, before: int, after: int, stage: Stage, stride: int) -> None:
        super().__init__()
        self.shortcut = stride == 1 and before == after
        self.conv_dw = convolution(before, before, stage.kernel, stride, groups=before)
        self.bn1 = normalisation(before)
        self.se = Gate(before, before // SQUEEZE)
        self.conv_pw = convolution(before, after)
        self.bn2 = normalisation(after)

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after lower narrower"]:
        y = functional.silu(self.bn1(self.conv_dw(x)))
        y = self.bn2(self.conv_pw(self.se(y)))
        return x + y if self.shortcut else y


class InvertedResidual(nn.Module):
    """The block of all other stages: widen, depthwise convolution, gate, narrow."""

    def __init__(self, before: int, after: int, stage: Stage, stride: int) -> None:
        super().__init__()
        self.shortcut = stride == 1 and before == after
        inside = before * stage.expansion
        self.conv_pw = convolution(before, inside)
        self.bn1 = normalisation(inside)
        self.conv_dw = convolution(inside, inside, stage.kernel, stride, groups=inside)
        self.bn2 = normalisation(inside)
        self.se = Gate(inside, before // SQUEEZE)
        self.conv_pwl = convolution(inside, after)
        self.bn3 = normalisation(after)

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after lower narrower"]:
        y = functional.silu(self.bn1(self.conv_pw(x)))
        y = functional.silu(self.bn2(self.conv_dw(y)))
        y = self.bn3(self.conv_pwl(self.se(y)))
        return x + y if self.shortcut else y


class Gate(nn.Module):
    """Squeeze and excitation: each channel times a factor in (0, 1) that all channels' means decide."""

    def __init__(self, channels: int, inside: int) -> None:
        super().__init__()
        self.conv_reduce = nn.Conv2d(channels, inside, 1)
        self.conv_expand = nn.Conv2d(inside, channels, 1)

    def forward(self, x: Float[Tensor, "batch channel height width"]) -> Float[Tensor, "batch channel height width"]:
        means = x.mean(dim=(2, 3), keepdim=True)
        return x * self.conv_expand(functional.silu(self.conv_reduce(means))).sigmoid()


class StridedConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's "same": by the picture's size, the odd pixel below and to the right."""

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after lower narrower"]:
        (above, below), (left, right) = (
            _padding(length, kernel, stride)
            for length, kernel, stride in zip(x.shape[2:], self.kernel_size, self.stride, strict=True)
        )
        padded = functional.pad(x, (left, right, above, below))
        if self.groups == 1 or x.device.type != "cpu":
            return super().forward(padded)
        # In bf16 a CPU takes ten times as long for the gradient of a strided depthwise convolution as in fp32.
        with torch.autocast("cpu", enabled=False):
            return super().forward(padded.to(self.weight.dtype))


def convolution(before: int, after: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution without bias whose map is 1 / stride as large as what it sees."""
    if stride == 1:  # then both sides are padded alike, whatever the size
        return nn.Conv2d(before, after, kernel, padding=kernel // 2, groups=groups, bias=False)
    return StridedConv2d(before, after, kernel, stride, groups=groups, bias=False)


def normalisation(channels: int) -> nn.BatchNorm2d:
    """TensorFlow's batch normalisation."""
    return nn.BatchNorm2d(channels, eps=EPSILON, momentum=MOMENTUM)


def _padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    missing = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return missing // 2, missing - missing // 2


def _blocks(stage: Stage, before: int, after: int, count: int) -> Iterator[nn.Module]:
    kind = DepthwiseSeparable if stage.expansion == 1 else InvertedResidual
    yield kind(before, after, stage, stage.stride)
    for _ in range(count - 1):
        yield kind(after, after, stage, stride=1)
