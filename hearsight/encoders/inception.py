"""Inception-v3: what a picture shows, as 2048 numbers. It serves S2IGAN's image side, FID, inception score and mAP.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: "Rethinking the Inception Architecture for Computer Vision" (2016). Two files
of weights are in use, and each is right only with the arithmetic it was trained in:

- `torchvision`: torchvision's ImageNet weights. Average pools count the zeros around a picture.
- `tensorflow`: TensorFlow's graph of 2015-12-05 as pytorch-fid converted it, by which FID is defined. Average pools
  leave those zeros out, and the last block pools by the maximum.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from hearsight.errors import ConfigError

SIDE = 299
"""Height and width in pixels of what the network looks at; every picture is resized to it."""
DEPTHS = (64, 192, 768, 2048)
"""Channels at which features can be taken: after the two pools of the stem, before the last reduction, at the end."""

Arithmetic = Literal["torchvision", "tensorflow"]
Kernel = int | tuple[int, int]


@dataclass(frozen=True)
class InceptionConfig:
    """An Inception-v3 without its auxiliary head."""

    arithmetic: Arithmetic = "torchvision"
    """Whose pooling, see above."""
    classes: int = 1000
    """Outputs of the classifier (TensorFlow's graph: 1008); 0 leaves it out."""


def published() -> InceptionConfig:
    """torchvision's ImageNet network, which S2IGAN sees with."""
    return InceptionConfig()


def fid() -> InceptionConfig:
    """TensorFlow's network, by which FID is defined."""
    return InceptionConfig("tensorflow", classes=1008)


class Inception(nn.Module):
    """Pixels in [-1, 1] to features or class scores."""

    def __init__(self, config: InceptionConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList(_stages(config.arithmetic))
        self.classifier: nn.Module = nn.Linear(DEPTHS[-1], config.classes) if config.classes else nn.Identity()

    def forward(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 2048"]:
        """Features of pixels in [-1, 1] of any size: the mean over the last 8 x 8 places."""
        return self.features(pixels, (DEPTHS[-1],))[DEPTHS[-1]]

    def features(
        self, pixels: Float[Tensor, "batch 3 height width"], depths: tuple[int, ...] = DEPTHS
    ) -> dict[int, Float[Tensor, "batch depth"]]:
        """Features at each of `depths`, averaged over space; nothing beyond the deepest is computed."""
        if not depths or set(depths) - set(DEPTHS):
            raise ConfigError(f"depths={depths}: features are taken at some of {', '.join(map(str, DEPTHS))}.")
        x = resize(pixels)
        found = {}
        for depth, stage in zip(DEPTHS, self.stages, strict=True):
            x = stage(x)
            if depth in depths:
                found[depth] = x.mean(dim=(2, 3))
            if depth == max(depths):
                break
        return found

    def probabilities(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
        """How probable each class is, for inception scores."""
        if not self.config.classes:
            raise ConfigError("classes=0: this network was built without its classifier; give the number of classes.")
        return self.classifier(self(pixels)).softmax(dim=-1)


def resize(pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 299 299"]:
    """To 299 x 299, bilinear. Without antialiasing also when shrinking: FID's numbers are defined that way."""
    return functional.interpolate(pixels, (SIDE, SIDE), mode="bilinear", align_corners=False)


class Convolution(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, before: int, after: int, kernel: Kernel, stride: int = 1, padded: bool = True) -> None:
        super().__init__()
        height, width = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (height // 2, width // 2) if padded else (0, 0)
        self.conv = nn.Conv2d(before, after, (height, width), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(after, eps=1e-3)

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after lower narrower"]:
        return functional.relu(self.bn(self.conv(x)))


class Mixed(nn.Module):
    """Branches side by side, their results joined channel by channel."""

    def __init__(self, branches: dict[str, nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleDict(branches)

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after lower narrower"]:
        return torch.cat([branch(x) for branch in self.branches.values()], dim=1)


class Fork(nn.Module):
    """A wide and a tall convolution of the same features, joined."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.wide = Convolution(before, after, (1, 3))
        self.tall = Convolution(before, after, (3, 1))

    def forward(self, x: Float[Tensor, "batch before height width"]) -> Float[Tensor, "batch after height width"]:
        return torch.cat((self.wide(x), self.tall(x)), dim=1)


def _stages(arithmetic: Arithmetic) -> list[nn.Sequential]:
    """The network up to each of `DEPTHS`; layers bear their published names."""
    average = nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=arithmetic == "torchvision")
    last = average if arithmetic == "torchvision" else nn.MaxPool2d(3, stride=1, padding=1)
    stages: list[dict[str, nn.Module]] = [
        {
            "Conv2d_1a_3x3": Convolution(3, 32, 3, stride=2, padded=False),
            "Conv2d_2a_3x3": Convolution(32, 32, 3, padded=False),
            "Conv2d_2b_3x3": Convolution(32, 64, 3),
            "pool": nn.MaxPool2d(3, stride=2),
        },
        {
            "Conv2d_3b_1x1": Convolution(64, 80, 1),
            "Conv2d_4a_3x3": Convolution(80, 192, 3, padded=False),
            "pool": nn.MaxPool2d(3, stride=2),
        },
        {
            "Mixed_5b": _at_35(192, 32, average),
            "Mixed_5c": _at_35(256, 64, average),
            "Mixed_5d": _at_35(288, 64, average),
            "Mixed_6a": _to_17(288),
            "Mixed_6b": _at_17(128, average),
            "Mixed_6c": _at_17(160, average),
            "Mixed_6d": _at_17(160, average),
            "Mixed_6e": _at_17(192, average),
        },
        {
            "Mixed_7a": _to_8(768),
            "Mixed_7b": _at_8(1280, average),
            "Mixed_7c": _at_8(2048, last),
        },
    ]
    return [nn.Sequential(OrderedDict(stage)) for stage in stages]


def _at_35(before: int, pooled: int, pool: nn.Module) -> Mixed:
    """Figure 5: a 5 x 5 convolution beside two of 3 x 3."""
    return Mixed(
        {
            "1x1": Convolution(before, 64, 1),
            "5x5": _chain(before, (1, 48), (5, 64)),
            "3x3dbl": _chain(before, (1, 64), (3, 96), (3, 96)),
            "pool": nn.Sequential(pool, Convolution(before, pooled, 1)),
        }
    )


def _to_17(before: int) -> Mixed:
    """Figure 10: from 35 to 17 places a side."""
    return Mixed(
        {
            "3x3": Convolution(before, 384, 3, stride=2, padded=False),
            "3x3dbl": _chain(before, (1, 64), (3, 96)).append(Convolution(96, 96, 3, stride=2, padded=False)),
            "pool": nn.MaxPool2d(3, stride=2),
        }
    )


def _at_17(inner: int, pool: nn.Module) -> Mixed:
    """Figure 6: 7 x 7 convolutions as pairs of wide and tall ones."""
    wide, tall = (1, 7), (7, 1)
    return Mixed(
        {
            "1x1": Convolution(768, 192, 1),
            "7x7": _chain(768, (1, inner), (wide, inner), (tall, 192)),
            "7x7dbl": _chain(768, (1, inner), (tall, inner), (wide, inner), (tall, inner), (wide, 192)),
            "pool": nn.Sequential(pool, Convolution(768, 192, 1)),
        }
    )


def _to_8(before: int) -> Mixed:
    """From 17 to 8 places a side."""
    return Mixed(
        {
            "3x3": _chain(before, (1, 192)).append(Convolution(192, 320, 3, stride=2, padded=False)),
            "7x7x3": _chain(before, (1, 192), ((1, 7), 192), ((7, 1), 192)).append(
                Convolution(192, 192, 3, stride=2, padded=False)
            ),
            "pool": nn.MaxPool2d(3, stride=2),
        }
    )


def _at_8(before: int, pool: nn.Module) -> Mixed:
    """Figure 7: convolutions that fork into a wide and a tall one."""
    return Mixed(
        {
            "1x1": Convolution(before, 320, 1),
            "3x3": _chain(before, (1, 384)).append(Fork(384, 384)),
            "3x3dbl": _chain(before, (1, 448), (3, 384)).append(Fork(384, 384)),
            "pool": nn.Sequential(pool, Convolution(before, 192, 1)),
        }
    )


def _chain(before: int, *layers: tuple[Kernel, int]) -> nn.Sequential:
    """Convolutions one after another, each a kernel and its output channels."""
    chain = nn.Sequential()
    for kernel, after in layers:
        chain.append(Convolution(before, after, kernel))
        before = after
    return chain
