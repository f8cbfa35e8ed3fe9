"""CLIP's modified ResNet, the image head of AudioCLIP.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (2021), section 2.4: a stem of
three convolutions, strides by average pooling (against aliasing), and attention instead of the last average pool.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

EXPANSION = 4  # a bottleneck's output channels per inner channel
MEAN = (0.48145466, 0.4578275, 0.40821073)  # of red, green and blue over CLIP's training pictures
DEVIATION = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class CLIPResNetConfig:
    """A CLIP image head. The defaults are CLIP's RN50, which the published AudioCLIP uses."""

    layers: tuple[int, int, int, int] = (3, 4, 6, 3)
    """Bottlenecks in each of the four stages."""
    width: int = 64
    """Channels after the stem; the last stage has 32 times as many."""
    size: int = 224
    """Height and width of the pictures in pixels, a multiple of 32."""
    head_width: int = 64
    """Channels of one attention head in the last pool."""


class CLIPResNet(nn.Module):
    """Normalised pixels to embeddings, without normalisation of these."""

    def __init__(self, config: CLIPResNetConfig, embed: int) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.conv1 = nn.Conv2d(3, width // 2, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width // 2)
        self.conv2 = nn.Conv2d(width // 2, width // 2, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width // 2)
        self.conv3 = nn.Conv2d(width // 2, width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.stages = nn.ModuleList(nn.Sequential(*_stage(config, stage)) for stage in range(4))
        features = width * EXPANSION * 8
        self.pool = AttentionPool(features, config.size // 32, features // config.head_width, embed)

    def forward(self, pixels: Float[Tensor, "batch 3 size size"]) -> Float[Tensor, "batch embed"]:
        """Embeddings of pixels that went through `normalise` (or `prepare`)."""
        x = pixels.to(self.conv1.weight.dtype)
        for conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = functional.relu(bn(conv(x)))
        x = functional.avg_pool2d(x, 2)
        for stage in self.stages:
            x = stage(x)
        return self.pool(x)

    def prepare(self, picture: Image.Image) -> Float[Tensor, "3 size size"]:
        """A picture as the head takes it, see `prepare`."""
        return prepare(picture, self.config.size)


class Bottleneck(nn.Module):
    """CLIP's bottleneck: the stride is an average pool, before the third convolution and in the shortcut."""

    def __init__(self, before: int, inner: int, stride: int) -> None:
        super().__init__()
        after = inner * EXPANSION
        self.conv1 = nn.Conv2d(before, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, after, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(after)
        nn.init.zeros_(self.bn3.weight)  # every block starts as its shortcut
        self.shrink: nn.Module = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.downsample: nn.Module = nn.Identity()
        if stride > 1 or before != after:
            self.downsample = nn.Sequential(nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after))

    def forward(
        self, x: Float[Tensor, "batch before height width"]
    ) -> Float[Tensor, "batch after height/stride width/stride"]:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(self.shrink(y)))
        return functional.relu(y + self.downsample(self.shrink(x)))


class AttentionPool(nn.Module):
    """One query, the mean of all places, attends to every place and itself."""

    def __init__(self, features: int, side: int, heads: int, embed: int) -> None:
        super().__init__()
        self.heads = heads
        self.positional_embedding = nn.Parameter(torch.randn(side**2 + 1, features) / features**0.5)
        self.q_proj = nn.Linear(features, features)
        self.k_proj = nn.Linear(features, features)
        self.v_proj = nn.Linear(features, features)
        self.c_proj = nn.Linear(features, embed)
        for projection in (self.q_proj, self.k_proj, self.v_proj, self.c_proj):
            nn.init.normal_(projection.weight, std=features**-0.5)

    def forward(self, x: Float[Tensor, "batch feature height width"]) -> Float[Tensor, "batch embed"]:
        places = x.flatten(2).mT  # [batch, place, feature]
        tokens = torch.cat((places.mean(dim=1, keepdim=True), places), dim=1) + self.positional_embedding
        query, key, value = self.q_proj(tokens[:, :1]), self.k_proj(tokens), self.v_proj(tokens)
        query, key, value = (t.unflatten(-1, (self.heads, -1)).transpose(1, 2) for t in (query, key, value))
        pooled = functional.scaled_dot_product_attention(query, key, value)  # [batch, head, 1, feature / head]
        return self.c_proj(pooled.flatten(1))


def prepare(picture: Image.Image, size: int) -> Float[Tensor, "3 size size"]:
    """A picture as CLIP takes it: short side resized (bicubic), the centre cut out, normalised."""
    width, height = picture.size
    short = min(width, height)
    resized = picture.convert("RGB").resize(
        (max(size, size * width // short), max(size, size * height // short)), Image.Resampling.BICUBIC
    )
    left, top = round((resized.width - size) / 2), round((resized.height - size) / 2)
    square = np.asarray(resized.crop((left, top, left + size, top + size)), dtype=np.float32)
    return normalise(torch.from_numpy(square / 255).permute(2, 0, 1)[None])[0]


def normalise(pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch 3 height width"]:
    """Pixels in [0, 1] with CLIP's mean taken off, divided by its deviation."""
    mean, deviation = (pixels.new_tensor(values)[:, None, None] for values in (MEAN, DEVIATION))
    return (pixels - mean) / deviation


def _stage(config: CLIPResNetConfig, stage: int) -> Iterator[Bottleneck]:
    inner = config.width * 2**stage
    before = config.width if stage == 0 else inner * EXPANSION // 2
    for block in range(config.layers[stage]):
        stride = 2 if stage > 0 and block == 0 else 1
        yield Bottleneck(before if block == 0 else inner * EXPANSION, inner, stride)
