"""A reader of pictures: which colour does each part of what they show have?

It judges drawings of Birds in Miniature, and learns from their pictures alone, of birds in any colours: it never hears
a sentence, and no generator learns from it.

    reader.words([picture])          # [{"head": "red", "body": "blue", ...}]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders.clip_resnet import CLIPResNet, CLIPResNetConfig, normalise
from hearsight.pixels import to_pixels


def _trunk() -> CLIPResNetConfig:
    return CLIPResNetConfig((1, 1, 1, 1), width=12, size=64, head_width=32)


@dataclass(frozen=True)
class PartColoursConfig:
    """What is asked, and a small residual network that answers."""

    parts: tuple[str, ...]
    """Parts, e.g. head, wing, belly."""
    colours: tuple[str, ...]
    """Colour words that each part may have."""
    trunk: CLIPResNetConfig = field(default_factory=_trunk)
    """What looks at the picture."""
    features: int = 128
    """Width of what it sees, by which pictures are compared (FID, mAP)."""


class PartColours(nn.Module):
    """Pixels in [-1, 1] to logits over colour words for every part."""

    def __init__(self, config: PartColoursConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = CLIPResNet(config.trunk, config.features)
        self.head = nn.Linear(config.features, len(config.parts) * len(config.colours))

    def forward(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch part colour"]:
        """Logits, parts and colours in the order of the config."""
        seen = self.head(self.features(pixels).relu())
        return seen.unflatten(-1, (len(self.config.parts), len(self.config.colours)))

    def features(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch feature"]:
        """What the network sees in pictures of any size."""
        size = (self.config.trunk.size, self.config.trunk.size)
        if pixels.shape[-2:] != size:
            pixels = functional.interpolate(pixels, size, mode="bilinear", align_corners=False, antialias=True)
        return self.trunk(normalise((pixels + 1) / 2))

    def words(self, pictures: Sequence[Image.Image]) -> list[dict[str, str]]:
        """The most probable colour word of every part, one picture at a time."""
        parts, colours = self.config.parts, self.config.colours
        rows = self.probabilities(pictures).argmax(dim=-1).tolist()
        return [{part: colours[number] for part, number in zip(parts, row, strict=True)} for row in rows]

    @torch.no_grad()
    def probabilities(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture part colour"]:
        """How probable each colour word is, one picture at a time, so that company never changes a number."""
        rows = [self(self._pixels(picture)).float().softmax(dim=-1).cpu() for picture in pictures]
        return torch.cat(rows) if rows else torch.empty(0, len(self.config.parts), len(self.config.colours))

    @torch.no_grad()
    def look(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture feature"]:
        """The features of pictures, one at a time, so that company never changes a number."""
        rows = [self.features(self._pixels(picture)).float().cpu() for picture in pictures]
        return torch.cat(rows) if rows else torch.empty(0, self.config.features)

    def _pixels(self, picture: Image.Image) -> Float[Tensor, "1 3 height width"]:
        return to_pixels(picture)[None].to(self.head.weight.device)
