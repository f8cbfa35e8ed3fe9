"""BriVL's image tower: EfficientNet, regions, a self-attention block over them, an MLP block.

Fei et al.: "Towards artificial general intelligence via a multimodal foundation model" (Nature Communications 2022), as
WavBriVL uses it (section 2.2). There are two releases, both with EfficientNet-B5; WavBriVL's text names B7 and 360
pixels, which nobody has released. All three are here, as named sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.brivl_head import BriVLHead, BriVLHeadConfig
from hearsight.encoders.efficientnet import EfficientNet, EfficientNetConfig, Stage, b7
from hearsight.encoders.one_by_one import encode_each, unit
from hearsight.errors import ConfigError

MEAN = (0.485, 0.456, 0.406)  # of red, green and blue over ImageNet
DEVIATION = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class BriVLImageConfig:
    """A BriVL image tower. The defaults are the Nature Communications release."""

    backbone: EfficientNetConfig = field(default_factory=EfficientNetConfig)
    """The convolutional network."""
    size: int = 456
    """Height and width of the pictures in pixels."""
    regions: Literal["grid", "whole"] = "grid"
    """What is looked at where no boxes are given: the cells of a grid and the whole picture, or the whole alone."""
    grid: int = 6
    """Rows and columns of the grid."""
    points: int = 4
    """Rows and columns of points at which a region's features are read."""
    normalise: Literal["imagenet", "nothing"] = "imagenet"
    """What pixels in [0, 1] go through: ImageNet's mean and deviation, or nothing."""
    head: BriVLHeadConfig = field(default_factory=BriVLHeadConfig)
    """The self-attention block."""
    embed: int = 2048
    """Dimensions of the embedding."""

    def __post_init__(self) -> None:
        if self.regions not in ("grid", "whole"):
            raise ConfigError(f"regions={self.regions!r}: give 'grid' or 'whole'.")
        if self.normalise not in ("imagenet", "nothing"):
            raise ConfigError(f"normalise={self.normalise!r}: give 'imagenet' or 'nothing'.")


def published() -> BriVLImageConfig:
    """The Nature Communications release (brivl-with-roberta-base.pth): B5, 456 pixels, a grid of 6 x 6."""
    return BriVLImageConfig()


def first_release() -> BriVLImageConfig:
    """BriVL 1.0 (BriVL-1.0-5500w.pth): B5, 380 pixels, boxes that a detector found (`encode_image(boxes=...)`).

    Without boxes the grid takes their place.
    """
    return BriVLImageConfig(size=380)


def reranker() -> BriVLImageConfig:
    """BriVL 1.0 as BriVL-Generation, WavBriVL's code, feeds it: 456 pixels as they are, the whole picture alone."""
    return BriVLImageConfig(regions="whole", normalise="nothing")


def as_written() -> BriVLImageConfig:
    """What WavBriVL's text says: EfficientNet-B7 and 360 pixels. There are no published weights of this form."""
    return BriVLImageConfig(backbone=b7(), size=360, embed=2560)


def pocket() -> BriVLImageConfig:
    """The small one for the pocket edition: pictures of 64 pixels, a grid of 3 x 3.

    It halves early: depthwise convolutions of large maps take a CPU far longer than their few operations say.
    """
    stages = (Stage(3, 2, 1, 24, 1), Stage(3, 1, 3, 32, 1), Stage(5, 2, 4, 64, 2), Stage(3, 2, 4, 96, 1))
    return BriVLImageConfig(
        backbone=EfficientNetConfig(width=1.0, depth=1.0, stem=24, stages=stages, head=256),
        size=64,
        grid=3,
        head=BriVLHeadConfig(layers=2, heads=4, feedforward=256),
        embed=256,
    )


def debug() -> BriVLImageConfig:
    """Random and tiny, for tests and docs."""
    stages = (Stage(3, 1, 1, 8, 1), Stage(3, 2, 2, 8, 2), Stage(5, 2, 2, 16, 1))
    return BriVLImageConfig(
        backbone=EfficientNetConfig(width=1.0, depth=1.0, stem=8, stages=stages, head=16),
        size=32,
        grid=2,
        head=BriVLHeadConfig(layers=1, heads=2, feedforward=16),
        embed=16,
    )


class BriVLImage(nn.Module):
    """Pixels in, embedding out."""

    def __init__(self, config: BriVLImageConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = EfficientNet(config.backbone)
        features = config.backbone.features
        self.region = nn.Linear(features, features)
        self.head = BriVLHead(config.head, features, config.embed)

    def forward(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch embed"]:
        """`encode_image` without boxes."""
        return self.encode_image(pixels)

    def encode_image(
        self,
        pixels: Float[Tensor, "batch 3 height width"],
        boxes: Float[Tensor, "batch region 4"] | None = None,
        mask: Bool[Tensor, "batch region"] | None = None,
    ) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised, of pixels that went through `normalise` (or `prepare`).

        Args:
            boxes: left, top, right and bottom of the regions in pixels (default: those of `config.regions`).
            mask: False on boxes that only fill up a row.
        """
        if boxes is None:
            boxes = self.boxes(*pixels.shape[2:]).to(pixels).expand(len(pixels), -1, -1)
        regions = self.pool(self.backbone(pixels), boxes, *pixels.shape[2:])
        return self.head(functional.normalize(regions, dim=-1), mask)

    def boxes(self, height: int, width: int) -> Float[Tensor, "region 4"]:
        """The regions of `config.regions`: the grid's cells from the left column to the right, then the whole."""
        whole = torch.tensor([[0.0, 0.0, width, height]])
        if self.config.regions == "whole":
            return whole
        row, column = height / self.config.grid, width / self.config.grid
        cells = [
            (x * column, y * row, (x + 1) * column, (y + 1) * row)
            for x in range(self.config.grid)
            for y in range(self.config.grid)
        ]
        return torch.cat((torch.tensor(cells), whole))

    def pool(
        self,
        features: Float[Tensor, "batch feature rows columns"],
        boxes: Float[Tensor, "batch region 4"],
        height: int,
        width: int,
    ) -> Float[Tensor, "batch region feature"]:
        """One vector per region of a picture of `height` x `width` pixels.

        Features are read at a few points of each box by bilinear interpolation. Boxes are placed as if features were
        points (their number minus one), points as if they were areas: published weights were trained with both.
        """
        points, regions = self.config.points, boxes.shape[1]
        rows, columns = features.shape[2:]
        left, top, right, bottom = boxes.flatten(0, 1).unbind(dim=1)
        zero = torch.zeros_like(left)
        across, down = columns / width / (columns - 1), rows / height / (rows - 1)  # per pixel, where 1 is the half
        theta = torch.stack(
            (
                torch.stack(((right - left) * across, zero, (left + right) * across - 1), dim=1),
                torch.stack((zero, (bottom - top) * down, (top + bottom) * down - 1), dim=1),
            ),
            dim=1,
        )
        where = functional.affine_grid(theta, [len(theta), 1, points, points], align_corners=False)
        where = where.reshape(len(boxes), regions * points, points, 2)
        read = functional.grid_sample(features, where, align_corners=False)  # [batch, feature, region * point, point]
        # The published code applies its 1x1 convolution to every point and averages then. Both are linear, so this
        # order gives the same for a sixteenth of the work.
        return self.region(read.unflatten(2, (regions, points)).mean(dim=(3, 4)).mT)

    def normalise(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """Pixels in [0, 1] as the network takes them, differentiably."""
        if self.config.normalise == "nothing":
            return pixels
        mean, deviation = (pixels.new_tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
        return (pixels - mean) / deviation

    def prepare(self, picture: Image.Image) -> Float[Tensor, "3 size size"]:
        """A picture as the tower takes it: both sides resized to `config.size`, whatever its shape, and normalised.

        Resizing is bilinear without smoothing, as when the published weights were trained.
        """
        pixels = torch.from_numpy(np.array(picture.convert("RGB"), dtype=np.float32) / 255).permute(2, 0, 1)[None]
        size = (self.config.size, self.config.size)
        return self.normalise(functional.interpolate(pixels, size, mode="bilinear", align_corners=False))[0]

    def see(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture embed"]:
        """Unit embeddings of pictures of any size."""
        return unit(encode_each(self, "see", (self.config.embed,), pictures, self._see))

    def _see(self, picture: Image.Image) -> Float[Tensor, "1 embed"]:
        return self.encode_image(self.prepare(picture)[None].to(self.region.weight))
