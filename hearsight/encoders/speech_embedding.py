"""S2IGAN's speech embedding network (SEN): sentences and pictures in one space, and a classifier of both.

Wang, Qiao, Zhu, Hanjalic, Scharenborg: "S2IGAN: Speech-to-Image Generation via Adversarial Learning" (2020), section
2.2. Only the speech encoder is needed to draw; the picture encoder teaches it, and later supervises the generator's
relations (section 2.3.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from hearsight.encoders import speech
from hearsight.encoders.clip_resnet import CLIPResNet, CLIPResNetConfig, normalise
from hearsight.encoders.inception import DEPTHS, SIDE, Inception, InceptionConfig
from hearsight.encoders.one_by_one import encode_each
from hearsight.encoders.speech import SpeechEncoder, SpeechEncoderConfig
from hearsight.pixels import to_pixels


@dataclass(frozen=True)
class SpeechEmbeddingConfig:
    """Two encoders and the classes they tell apart. The defaults are the published network for CUB-200-2011."""

    speech: SpeechEncoderConfig = field(default_factory=SpeechEncoderConfig)
    """The speech encoder; pictures are embedded as widely."""
    picture: InceptionConfig | CLIPResNetConfig = field(default_factory=InceptionConfig)
    """The published picture encoder, an Inception-v3 that does not learn with a linear layer that does, or a small
    residual network that learns as a whole."""
    classes: int = 150
    """Classes in training (CUB 150, Oxford-102 82)."""


def published() -> SpeechEmbeddingConfig:
    """The published network."""
    return SpeechEmbeddingConfig(picture=InceptionConfig(classes=0))


def pocket(classes: int = 150) -> SpeechEmbeddingConfig:
    """Small, and without weights from elsewhere: the picture encoder learns from nothing."""
    return SpeechEmbeddingConfig(speech.pocket(), CLIPResNetConfig((1, 1, 1, 1), width=16, size=64), classes)


def debug(classes: int = 4) -> SpeechEmbeddingConfig:
    """Random and tiny, for tests and docs."""
    picture = CLIPResNetConfig((1, 1, 1, 1), width=8, size=32, head_width=32)
    return SpeechEmbeddingConfig(speech.debug(), picture, classes)


class SpeechEmbedding(nn.Module):
    """The three trained together: `speech`, `picture` and `classifier`, the one perception layer of equation 5."""

    def __init__(self, config: SpeechEmbeddingConfig) -> None:
        super().__init__()
        self.config = config
        self.speech = SpeechEncoder(config.speech)
        self.picture = PictureEncoder(config.picture, config.speech.embed)
        self.classifier = nn.Linear(config.speech.embed, config.classes)


class PictureEncoder(nn.Module):
    """Pixels in [-1, 1] to unit embeddings."""

    def __init__(self, config: InceptionConfig | CLIPResNetConfig, embed: int) -> None:
        super().__init__()
        self.config, self.embed = config, embed
        self.trunk: nn.Module
        self.projection: nn.Module
        if isinstance(config, InceptionConfig):
            self.trunk = Inception(config).eval().requires_grad_(False)
            self.projection = nn.Linear(DEPTHS[-1], embed)
        else:
            self.trunk = CLIPResNet(config, embed)  # ends in a linear layer of its own
            self.projection = nn.Identity()

    @property
    def side(self) -> int:
        """Height and width in pixels at which pictures are looked at."""
        return SIDE if isinstance(self.config, InceptionConfig) else self.config.size

    def train(self, mode: bool = True) -> "PictureEncoder":
        """As always, except that an Inception's running statistics stay as they came."""
        super().train(mode)
        if isinstance(self.config, InceptionConfig):
            self.trunk.eval()
        return self

    def forward(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch embed"]:
        """Unit embeddings of pixels in [-1, 1] of any size; gradients reach the pixels."""
        return functional.normalize(self.projection(self.features(pixels)).float(), dim=-1)

    def features(self, pixels: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch feature"]:
        """What the trunk sees in pixels in [-1, 1]."""
        if isinstance(self.config, InceptionConfig):
            return self.trunk(pixels)
        wanted = (self.side, self.side)
        if pixels.shape[-2:] != wanted:
            pixels = functional.interpolate(pixels, wanted, mode="bilinear", align_corners=False, antialias=True)
        return self.trunk(normalise((pixels + 1) / 2))

    def see(self, pictures: Sequence[Image.Image]) -> Float[Tensor, "picture embed"]:
        """Unit embeddings of pictures of any size, the centre square of each, one at a time."""
        return encode_each(self, "see", (self.embed,), pictures, self._see)

    def _see(self, picture: Image.Image) -> Float[Tensor, "1 embed"]:
        return self(square(picture, self.side)[None].to(next(self.parameters()).device))


def square(picture: Image.Image, side: int) -> Float[Tensor, "3 side side"]:
    """The centre square of a picture, resized, in [-1, 1]."""
    short = min(picture.size)
    left, top = (picture.width - short) // 2, (picture.height - short) // 2
    cut = picture.convert("RGB").crop((left, top, left + short, top + short))
    return to_pixels(cut.resize((side, side), Image.Resampling.BILINEAR))
