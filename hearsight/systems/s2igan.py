"""S2IGAN: a spoken sentence is drawn, without a text in between.

Wang, Qiao, Zhu, Hanjalic, Scharenborg, *S2IGAN: Speech-to-Image Generation via Adversarial Learning* (Interspeech
2020):

    sentence --speech encoder--> embedding A                                              section 2.2
    A --conditioning augmentation--> cloud of conditions c                                section 2.3.1, equation 7
    c, noise z --densely stacked generator--> pictures at three scales, the last is kept  section 2.3.1
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.encoders import speech
from hearsight.encoders.speech import SpeechEncoder, SpeechEncoderConfig
from hearsight.errors import ConfigError
from hearsight.generators import stacked_gan
from hearsight.generators.stacked_gan import StackedGANConfig, StackedGenerator
from hearsight.pixels import to_images
from hearsight.seeds import generator
from hearsight.sound.sound import Sound
from hearsight.systems.base import Callback, System


@dataclass(frozen=True)
class Drawing:
    """How a picture is drawn, unless a call says otherwise."""

    variety: float = 1.0
    """Scale of the noise with which a condition is drawn from the cloud around its embedding; 0 takes the middle."""


@dataclass(frozen=True)
class S2IGANConfig:
    """An ear for sentences and a hand that draws at three scales. The defaults are the published networks."""

    speech: SpeechEncoderConfig = field(default_factory=SpeechEncoderConfig)
    """The ear."""
    generator: StackedGANConfig = field(default_factory=StackedGANConfig)
    """The hand."""
    drawing: Drawing = field(default_factory=Drawing)
    """Default settings of drawing."""


class S2IGAN(System):
    """Hears a sentence, draws what it says."""

    name = "s2igan"
    config_class = S2IGANConfig

    config: S2IGANConfig

    def __init__(
        self,
        config: S2IGANConfig,
        encoder: SpeechEncoder | None = None,
        painter: StackedGenerator | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights."""
        if config.generator.augmentation.embed != config.speech.embed:
            raise ConfigError(
                f"generator.augmentation.embed={config.generator.augmentation.embed}: the speech encoder gives "
                f"embeddings of {config.speech.embed}; set both to the same width."
            )
        self.config = config
        self.speech = encoder or SpeechEncoder(config.speech)
        self.generator = painter or StackedGenerator(config.generator)
        self.components = {"speech": self.speech.eval(), "generator": self.generator.eval()}

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """The unit embedding of every sentence."""
        return self.speech.hear(sounds)

    @torch.no_grad()
    def draw(
        self,
        condition: Float[Tensor, "picture embed"],
        *,
        seeds: Sequence[int],
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Image.Image]:
        """One picture per embedding, each by a call of its own: the same embedding and seed give the same bytes."""
        chosen = self.settings(**settings)
        pictures = []
        for row, seed in zip(condition, seeds, strict=True):
            drawn = self._scales(row, seed, chosen["variety"])[self.config.generator.sides.index(chosen["size"])]
            pictures += to_images(drawn)
            if callback:
                callback(1, 1)
        return pictures

    def _scales(
        self, embedding: Float[Tensor, " embed"], seed: int, variety: float
    ) -> list[Float[Tensor, "1 3 side side"]]:
        """The picture at every scale, from the smallest to the largest; noise is drawn on the CPU."""
        shape, random = self.config.generator, generator(seed)
        noise = torch.randn(1, shape.noise, generator=random)
        spread = variety * torch.randn(1, shape.augmentation.width, generator=random)
        drawn = self.generator(embedding[None].to(self.device), noise.to(self.device), spread.to(self.device))
        return list(drawn.pictures)

    def defaults(self) -> Mapping[str, Any]:
        """The settings of drawing and the side of the picture in pixels: that of the largest scale."""
        return {**asdict(self.config.drawing), "size": self.config.generator.sides[-1]}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        sides = self.config.generator.sides
        if chosen["size"] not in sides:
            raise ConfigError(
                f"size={chosen['size']}: this generator draws {', '.join(map(str, sides))} pixels; take one."
            )
        if not 0 <= chosen["variety"] <= 10:
            raise ConfigError(f"variety={chosen['variety']}: a scale from 0 (none) to 10; 1 is what was trained.")
        return chosen


def published() -> S2IGANConfig:
    """The published networks: 64, 128 and 256 pixels."""
    return S2IGANConfig(speech.published(), stacked_gan.published())


def pocket() -> S2IGANConfig:
    """Small, for Birds in Miniature: 32, 64 and 128 pixels."""
    ear = speech.pocket()
    return S2IGANConfig(ear, stacked_gan.pocket(ear.embed))


def debug() -> S2IGANConfig:
    """Random and tiny, for tests and docs: 8, 16 and 32 pixels."""
    ear = speech.debug()
    return S2IGANConfig(ear, stacked_gan.debug(ear.embed))
