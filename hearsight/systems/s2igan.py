"""S2IGAN: a spoken sentence is drawn, without a text in between.

Wang, Qiao, Zhu, Hanjalic, Scharenborg, *S2IGAN: Speech-to-Image Generation via Adversarial Learning* (Interspeech
2020):

    sentence --speech encoder--> embedding A                                              section 2.2
    A --conditioning augmentation--> cloud of conditions c                                section 2.3.1, equation 7
    c, noise z --densely stacked generator--> pictures at three scales, the last is kept  section 2.3.1

    system = hearsight.load("s2igan")
    system("sentence.ogg", seed=7)                      # noise and condition both change with the seed
    system("sentence.ogg", seed=7, condition_seed=1)    # another condition for the same noise
    system.scales("sentence.ogg", seed=7)               # the same drawing, small, larger, largest
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.encoders import speech
from hearsight.encoders.speech import SpeechEncoder, SpeechEncoderConfig
from hearsight.errors import ConfigError, SoundError
from hearsight.generators import stacked_gan
from hearsight.generators.stacked_gan import StackedGANConfig, StackedGenerator
from hearsight.picture import Picture
from hearsight.pixels import to_images
from hearsight.seeds import generator
from hearsight.sound.loudness import loudness_range
from hearsight.sound.sound import Sound
from hearsight.systems.base import Callback, System

STEADIEST = 3.0
"""Decibels between soft and loud below which nobody speaks, see `sound/loudness.py`. No more is asked for: energies
cannot tell speech from whatever else rises and falls, and a sentence refused is worse than a dog drawn as a bird."""


@dataclass(frozen=True)
class Drawing:
    """How a picture is drawn, unless a call says otherwise."""

    variety: float = 1.0
    """Scale of the noise with which a condition is drawn from the cloud around its embedding; 0 takes the middle."""
    condition_seed: int | None = None
    """Seed of that noise alone, 0 or more; None draws it from the picture's seed, after the noise z."""


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
        """The unit embedding of every sentence, in whatever language.

        Raises SoundError for silence, for what is too short to say anything, and for noises and tones too steady to.
        """
        embeddings = self.speech.hear(sounds)
        for sound in sounds:
            _require_moving(sound)
        return embeddings

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
            drawn = self._drawn(row, seed, chosen["variety"], chosen["condition_seed"])
            pictures += to_images(drawn[self.config.generator.sides.index(chosen["size"])])
            if callback:
                callback(1, 1)
        return pictures

    def scales(self, sound: str | Path | Sound, *, seed: int = 0, **settings: Any) -> list[Picture]:
        """One drawing of one sentence at every scale, from the smallest to the largest: what each `size` would give."""
        return [self(sound, seed=seed, size=side, **settings)[0] for side in self.config.generator.sides]

    def _drawn(
        self, embedding: Float[Tensor, " embed"], seed: int, variety: float, condition_seed: int | None
    ) -> list[Float[Tensor, "1 3 side side"]]:
        """The picture at every scale, from the smallest to the largest; noise is drawn on the CPU."""
        shape, random = self.config.generator, generator(seed)
        noise = torch.randn(1, shape.noise, generator=random)
        if condition_seed is not None:
            random = generator(condition_seed, "condition")  # the word keeps it apart from the noise of that seed
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
        condition_seed = chosen["condition_seed"]
        if condition_seed is not None and (type(condition_seed) is not int or condition_seed < 0):
            raise ConfigError(f"condition_seed={condition_seed}: a seed is a whole number, 0 or more.")
        return chosen


def _require_moving(sound: Sound) -> None:
    moves = loudness_range(sound)
    if moves < STEADIEST:
        raise SoundError(
            f"{sound.name}: its loudness moves by {moves:.1f} dB, and that of anything said by at least "
            f"{STEADIEST:g} dB: a steady noise or tone, no speech; give a recording of somebody who speaks."
        )


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
