"""Adaptive discriminator augmentation: both players see changed pictures, the more the surer the discriminator is.

Karras et al., "Training Generative Adversarial Networks with Limited Data" (2020), section 3 and appendix B. Of its
transformations, the exact ones (mirror images, quarter turns, shifts by whole pixels) and those of colour are here;
those that resample, filter or erase are not. Every transformation is done with probability p. What a generator draws
does not take over the changes as long as p stays well below 1.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

ADJUSTED = 4  # steps over which signs are gathered before p moves


@dataclass(frozen=True)
class AugmentationConfig:
    """How pictures are changed, and how often."""

    start: float = 0.0
    """The first probability."""
    target: float | None = 0.6
    """The mean sign of the scores of real pictures at which p stays (section 3.1, r_t); None never changes p."""
    ramp: int = 500_000
    """Real pictures over which p could rise from 0 to 1."""
    mirror: bool = True
    """Mirror images, left and right."""
    turns: bool = True
    """Quarter turns."""
    shift: float = 0.125
    """Largest shift, as a share of the side; what leaves on one side comes in mirrored."""
    colour: bool = True
    """Brightness, contrast, inverted luma, hue and saturation."""


class AdaptiveAugmentation(nn.Module):
    """Changes pictures; its probability and what that follows from are buffers, and so part of every checkpoint."""

    probability: Float[Tensor, ""]
    signs: Float[Tensor, ""]
    seen: Int[Tensor, ""]
    observed: Int[Tensor, ""]

    def __init__(self, config: AugmentationConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("probability", torch.tensor(float(config.start)))
        self.register_buffer("signs", torch.zeros(()))
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))
        self.register_buffer("observed", torch.zeros((), dtype=torch.long))

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
        """The pictures, changed by chance from torch's global generator; with a gradient, and that with another."""
        probability = float(self.probability)
        if not probability:
            return pictures
        moved = self._moved(pictures, probability)
        if not self.config.colour:
            return moved
        matrix = colour_changes(len(pictures), probability).to(pictures)
        flat = matrix[:, :, :3] @ moved.flatten(2) + matrix[:, :, 3:]
        return flat.unflatten(2, pictures.shape[2:]).type_as(pictures)

    @torch.no_grad()
    def observe(self, scores: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
        """Take notice of the scores of real pictures, move p every four steps; returns their mean sign (equation 1)."""
        signs = scores.float().sign()
        self.signs += signs.sum()
        self.seen += len(scores)
        self.observed += 1
        if self.config.target is not None and self.observed % ADJUSTED == 0:
            mean = self.signs / self.seen
            step = (mean - self.config.target).sign() * self.seen * _processes() / self.config.ramp
            self.probability.copy_((self.probability + step).clamp(0, 1))
            self.signs.zero_()
            self.seen.zero_()
        return signs.mean()

    def _moved(
        self, pictures: Float[Tensor, "batch 3 height width"], probability: float
    ) -> Float[Tensor, "batch 3 height width"]:
        """Mirrored, turned and shifted: each pixel is looked up at another place."""
        batch, colours, height, width = pictures.shape
        places = self._places(batch, height, width, probability).to(pictures.device)
        looked_up = pictures.flatten(2).gather(2, places[:, None].expand(-1, colours, -1))
        return looked_up.unflatten(2, (height, width))

    def _places(self, batch: int, height: int, width: int, probability: float) -> Int[Tensor, "batch pixel"]:
        """Where in the picture every pixel comes from, row by row."""
        row = torch.arange(height)[None, :, None].expand(batch, height, width)
        column = torch.arange(width)[None, None].expand(batch, height, width)
        if self.config.shift:
            row = _reflected(row - self._shifts(batch, height, probability), height)
            column = _reflected(column - self._shifts(batch, width, probability), width)
        if self.config.turns and height == width:
            turns = torch.randint(4, (batch, 1, 1)) * _chosen(batch, probability)
            for turn in range(1, 4):
                more = turns >= turn
                row, column = torch.where(more, column, row), torch.where(more, width - 1 - row, column)
        if self.config.mirror:
            mirrored = _chosen(batch, probability) & (torch.rand(batch, 1, 1) < 0.5)
            column = torch.where(mirrored, width - 1 - column, column)
        return (row * width + column).flatten(1)

    def _shifts(self, batch: int, side: int, probability: float) -> Int[Tensor, "batch 1 1"]:
        pixels = ((2 * torch.rand(batch, 1, 1) - 1) * self.config.shift * side).round().long()
        return pixels * _chosen(batch, probability)


def colour_changes(batch: int, probability: float) -> Float[Tensor, "batch 3 4"]:
    """Matrices that change colours, in the paper's order and with its strengths (appendix B, figure 14)."""
    luma = torch.zeros(4)
    luma[:3] = 1 / math.sqrt(3)
    grey = torch.outer(luma, luma)
    one = torch.eye(4)
    brightness = one.repeat(batch, 1, 1)
    brightness[:, :3, 3] = 0.2 * torch.randn(batch, 1)
    contrast = one.repeat(batch, 1, 1)
    contrast[:, :3, :3] *= torch.exp2(0.5 * torch.randn(batch, 1, 1))
    inverted = one - 2 * grey * (torch.rand(batch, 1, 1) < 0.5)
    hue = _turned(luma, (2 * torch.rand(batch) - 1) * math.pi)
    saturation = grey + (one - grey) * torch.exp2(torch.randn(batch, 1, 1))
    saturation[:, 3, 3] = 1
    matrix = one.expand(batch, 4, 4)
    for change in (brightness, contrast, inverted, hue, saturation):
        matrix = torch.where(_chosen(batch, probability), change @ matrix, matrix)
    return matrix[:, :3]


def _turned(axis: Float[Tensor, "4"], angle: Float[Tensor, " batch"]) -> Float[Tensor, "batch 4 4"]:
    """Rotations of colours about `axis` (Rodrigues' formula)."""
    x, y, z = axis[:3].tolist()
    cross = torch.tensor([[0, -z, y, 0], [z, 0, -x, 0], [-y, x, 0, 0], [0, 0, 0, 0]])
    sine, cosine = angle.sin()[:, None, None], angle.cos()[:, None, None]
    turned = cosine * torch.eye(4) + sine * cross + (1 - cosine) * torch.outer(axis, axis)
    turned[:, 3, 3] = 1
    return turned


def _reflected(place: Int[Tensor, "..."], side: int) -> Int[Tensor, "..."]:
    """Places outside a side of pixels, mirrored at its first and last one."""
    return (side - 1) - ((side - 1) - place.abs()).abs()


def _chosen(batch: int, probability: float) -> Bool[Tensor, "batch 1 1"]:
    return torch.rand(batch, 1, 1) < probability


def _processes() -> int:
    distributed = torch.distributed
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1
