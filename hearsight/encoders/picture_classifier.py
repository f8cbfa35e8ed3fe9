"""A small convolutional network that says what a picture shows: the judge of adherence.

The thesis (section 4.3.1) measures whether a drawn picture shows what was heard with a classifier trained on pictures
alone; this is that network. It never sees a drawn picture while it learns.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from hearsight.pixels import from_uint8


@dataclass(frozen=True)
class PictureClassifierConfig:
    """A picture classifier."""

    labels: tuple[str, ...]
    """The classes, in the order of the outputs."""
    size: int = 64
    """Height and width in pixels of the pictures it looks at."""
    width: int = 32
    """Channels of the first stage; every further stage doubles them."""
    stages: int = 4
    """Stages of two convolutions, each but the first halving height and width."""
    dropout: float = 0.2
    """Dropout before the last layer."""


class PictureClassifier(nn.Module):
    """Convolutions, batch normalisation and global average pooling into one score per class."""

    def __init__(self, config: PictureClassifierConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * 2**stage for stage in range(config.stages)]
        layers: list[nn.Module] = []
        for stage, (before, after) in enumerate(zip([3, *widths[:-1]], widths, strict=True)):
            layers += [_convolution(before, after, stride=1 if stage == 0 else 2), _convolution(after, after)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(widths[-1], len(config.labels)))

    def forward(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
        """Scores (logits) for pictures with values in [-1, 1]."""
        return self.head(self.features(pixels).mean(dim=(2, 3)))

    @torch.inference_mode()
    def probabilities(self, pixels: UInt8[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
        """Class probabilities of 8-bit pictures of any size; they are resized by area to `config.size`."""
        return self.eval()(self.prepare(pixels.to(next(self.parameters()).device))).softmax(dim=-1)

    def prepare(self, pixels: UInt8[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 size size"]:
        """8-bit pictures of any size as the network takes them: values in [-1, 1], resized by area."""
        values, wanted = from_uint8(pixels), (self.config.size, self.config.size)
        return values if values.shape[-2:] == wanted else torch.nn.functional.interpolate(values, wanted, mode="area")


def _convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU(inplace=True)
    )
