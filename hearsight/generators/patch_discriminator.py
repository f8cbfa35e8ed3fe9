"""The discriminator of VQGAN: one score for every patch of a picture, not one for the whole.

Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks" (2017), section 3.2, as Esser et al.,
"Taming Transformers" (2021), use it. Needed to train a VQGAN, never to draw.
"""

from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn

SLOPE = 0.2  # of the leaky ReLU below zero
WIDEST = 8  # channels of the widest layer, in multiples of the first one's
SPREAD = 0.02  # standard deviation of the weights at the start


@dataclass(frozen=True)
class PatchDiscriminatorConfig:
    """The shape of a patch discriminator. The defaults are the published one, whose patches are 70 pixels wide."""

    width: int = 64
    """Channels after the first convolution; each further one doubles them, up to eight times as many."""
    layers: int = 3
    """Convolutions that halve the side. Two of them see patches of 34 pixels, three of 70."""


def published() -> PatchDiscriminatorConfig:
    """The discriminator of VQGAN's published recipe."""
    return PatchDiscriminatorConfig()


def pocket() -> PatchDiscriminatorConfig:
    """The opponent of `vqgan.pocket`."""
    return PatchDiscriminatorConfig(width=16)


def debug() -> PatchDiscriminatorConfig:
    """Tiny, for tests and docs: pictures of 16 pixels and more."""
    return PatchDiscriminatorConfig(width=4, layers=1)


class PatchDiscriminator(nn.Module):
    """Scores of how real every patch looks."""

    def __init__(self, config: PatchDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * min(2**layer, WIDEST) for layer in range(config.layers + 1)]
        self.first = nn.Conv2d(3, widths[0], 4, stride=2, padding=1)
        # The last of them does not halve: it only widens the patch.
        strides = [2] * (config.layers - 1) + [1]
        self.further = nn.ModuleList(
            _normalised(inside, outside, stride)
            for (inside, outside), stride in zip(pairwise(widths), strides, strict=True)
        )
        self.score = nn.Conv2d(widths[-1], 1, 4, padding=1)
        self.apply(_start)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 1 row column"]:
        """Scores of pictures in [-1, 1]; higher is more real."""
        x = nn.functional.leaky_relu(self.first(pictures), SLOPE)
        for layer in self.further:
            x = nn.functional.leaky_relu(layer(x), SLOPE)
        return self.score(x)


def _normalised(inside: int, outside: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 4, stride, padding=1, bias=False), nn.BatchNorm2d(outside))


def _start(module: nn.Module) -> None:
    """Begin as published, from torch's global generator."""
    if isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, SPREAD)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, SPREAD)
