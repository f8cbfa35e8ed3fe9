"""Wav2CLIP and WavBriVL over VQGAN: what was heard guides a search through VQGAN's codes.

Wu et al., "Wav2CLIP" (2022), with VQGAN-CLIP's search (Crowson et al. 2022, section 3); Fang et al., "New Audio
Representations Image GAN Generation from BriVL" (2023), section 4.1. Both are one system with another pair of networks
that share a space, an ear and an eye:

    sound --ear--> embedding                                                Wav2CLIP, or WavBriVL's audio encoder
    random codes --VQGAN--> picture --cutouts, eye--> embeddings            CLIP, or BriVL's image tower
    codes -= Adam's step towards embeddings that are like the sound's       samplers/search.py

Wav2CLIP's space is CLIP's, so there words can pull as well (`prompt`) and push away (`against`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.conditions.likeness import Target
from hearsight.config import build, plain
from hearsight.encoders import brivl_image, clip, wav2clip, wavbrivl
from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.errors import ConfigError
from hearsight.generators import vqgan
from hearsight.generators.vqgan import VQGAN, VQGANConfig
from hearsight.samplers import search_config
from hearsight.samplers.diffusion import to_uint8
from hearsight.samplers.search import Found, Progress, search
from hearsight.samplers.search_config import SearchConfig
from hearsight.sound.sound import Sound
from hearsight.systems.base import Callback, System

FIXED = ("cutouts", "identity", "together")
"""What of a search is no setting of its own: `views` and `batch` stand for two of them, and no network knows faces."""


@dataclass(frozen=True)
class Wav2CLIPVQGANConfig:
    """A Wav2CLIP, the CLIP in whose space it hears, a VQGAN, and how it is searched."""

    ear: Wav2CLIPConfig
    """What hears."""
    eye: CLIPConfig
    """What looks at pictures, and reads."""
    vqgan: VQGANConfig
    """What draws."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Default settings of drawing."""


@dataclass(frozen=True)
class WavBriVLVQGANConfig:
    """A WavBriVL, the BriVL in whose space it hears, a VQGAN, and how it is searched."""

    ear: WavBriVLConfig
    """What hears."""
    eye: BriVLImageConfig
    """What looks at pictures."""
    vqgan: VQGANConfig
    """What draws."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Default settings of drawing."""


class GuidedVQGAN(System):
    """An ear and an eye that share a space, and a VQGAN that is searched for what the eye finds like the sound."""

    ear: Wav2CLIP | WavBriVL
    eye: CLIP | BriVLImage

    def __init__(
        self, config: Any, ear: Wav2CLIP | WavBriVL, eye: CLIP | BriVLImage, painter: VQGAN | None, looks_at: int
    ) -> None:
        """A system of these networks. `looks_at` is the side in pixels of what the eye is shown.

        Raises ConfigError for networks that do not fit each other.
        """
        if config.ear.embed != config.eye.embed:
            raise ConfigError(
                f"ear.embed={config.ear.embed}: the eye gives embeddings of {config.eye.embed}; take two that share a "
                "space."
            )
        if config.search.cutouts.size != looks_at:
            raise ConfigError(
                f"search.cutouts.size={config.search.cutouts.size}: the eye looks at {looks_at} pixels; set both to "
                "the same size."
            )
        self.config, self.ear, self.eye = config, ear, eye
        self.vqgan = painter or VQGAN(config.vqgan)
        self.components = {"ear": self.ear.eval(), "eye": self.eye.eval(), "vqgan": self.vqgan.eval()}

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """The unit embedding of every sound."""
        return self.ear.hear(sounds)

    def draw(
        self,
        condition: Float[Tensor, "picture embed"],
        *,
        seeds: Sequence[int],
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Image.Image]:
        """One picture per embedding; the same embedding, seed and settings give the same bytes.

        Ctrl-C ends the search with the best pictures so far; where there are none yet, it is raised, as is whatever
        else the callback raises.
        """
        chosen = self.settings(**settings)
        others = self._other_targets(chosen)
        found = search(
            self.vqgan.draw,
            self._look,
            [[Target(row), *others] for row in condition.to(self.device)],
            partial(self.vqgan.random_latent, height=chosen["size"], width=chosen["size"]),
            seeds=seeds,
            config=self._search_config(chosen),
            constrain=self.vqgan.within_codebook,
            callback=_counted(callback),
        )
        return _images(found)

    # Settings -------------------------------------------------------------------------------------------------------

    def defaults(self) -> Mapping[str, Any]:
        """The search's settings, its `views` at every step, pictures searched in one `batch`, and the side in pixels.

        A larger batch is quicker on a GPU, but may change the last digits of each picture.
        """
        chosen = self.config.search
        free = {entry.name: getattr(chosen, entry.name) for entry in fields(chosen) if entry.name not in FIXED}
        return {**free, "views": chosen.cutouts.count, "batch": chosen.together, "size": self.config.vqgan.size}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        for name in ("views", "batch"):
            if chosen[name] < 1:
                raise ConfigError(f"{name}={chosen[name]}: must be at least 1.")
        if not self._search_config(chosen).rate > 0:
            raise ConfigError(f"rate={chosen['rate']}: must be above 0, or nothing moves.")
        unit = self.config.vqgan.factor
        if chosen["size"] < unit or chosen["size"] % unit:
            raise ConfigError(
                f"size={chosen['size']}: this VQGAN draws multiples of {unit} pixels; try {self.config.vqgan.size}."
            )
        self._other_targets(chosen)
        return chosen

    def _search_config(self, chosen: Mapping[str, Any]) -> SearchConfig:
        """The search that settings ask for."""
        own = self.config.search
        free = {entry.name: chosen[entry.name] for entry in fields(own) if entry.name not in FIXED}
        views = plain(replace(own.cutouts, count=chosen["views"]))
        return build(SearchConfig, {**plain(own), **free, "cutouts": views, "together": chosen["batch"]})

    def _other_targets(self, chosen: Mapping[str, Any]) -> list[Target]:
        """What every picture should be like besides its sound."""
        return []

    def _look(self, pixels: Float[Tensor, "view 3 size size"]) -> Float[Tensor, "view embed"]:
        """Embeddings of pixels in [0, 1]."""
        return self.eye.encode_image(self.eye.normalise(pixels))


class Wav2CLIPVQGAN(GuidedVQGAN):
    """Hears with Wav2CLIP, looks with CLIP, draws with VQGAN."""

    name = "wav2clip-vqgan"
    config_class = Wav2CLIPVQGANConfig

    config: Wav2CLIPVQGANConfig
    ear: Wav2CLIP
    eye: CLIP

    def __init__(
        self,
        config: Wav2CLIPVQGANConfig,
        ear: Wav2CLIP | None = None,
        eye: CLIP | None = None,
        painter: VQGAN | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights."""
        super().__init__(config, ear or Wav2CLIP(config.ear), eye or CLIP(config.eye), painter, config.eye.image.size)

    def draw_words(
        self, words: Sequence[str], *, seeds: Sequence[int], callback: Callback | None = None, **settings: Any
    ) -> list[Image.Image]:
        """The same search, guided by what CLIP reads instead of what Wav2CLIP hears."""
        return self.draw(self.eye.read(words), seeds=seeds, callback=callback, **settings)

    def defaults(self) -> Mapping[str, Any]:
        """The search's settings, and words that pictures are pulled towards (`prompt`) and pushed from (`against`).

        The sound's own weight is 1.
        """
        words = {"prompt": "", "prompt_weight": 1.0, "against": "", "against_weight": 1.0}
        return {**super().defaults(), **words}

    def _other_targets(self, chosen: Mapping[str, Any]) -> list[Target]:
        """The words. Raises ConfigError for a text that is too long, WeightsError for CLIP without a vocabulary."""
        found = []
        for name, sign in (("prompt", 1), ("against", -1)):
            weight = chosen[f"{name}_weight"]
            if not (math.isfinite(weight) and weight >= 0):
                raise ConfigError(f"{name}_weight={weight}: must be a finite number from 0 (the sound's is 1).")
            if chosen[name].strip():
                found.append(Target(self.eye.read([chosen[name]])[0], sign * weight))
        return found

    @classmethod
    def _built(cls, config: Any, place: Path, *, vocabulary: str | Path | None = None, **options: Any) -> Self:
        """With CLIP's `vocabulary` (the folder of its vocab.json and merges.txt), where its text tower needs one."""
        system = super()._built(config, place, **options)
        if vocabulary is not None:
            system.eye.tokenizer = CLIPTokenizer(vocabulary, config.eye.text.context)
        return system


class WavBriVLVQGAN(GuidedVQGAN):
    """Hears with WavBriVL, looks with BriVL's image tower, draws with VQGAN."""

    name = "wavbrivl"
    config_class = WavBriVLVQGANConfig

    config: WavBriVLVQGANConfig
    ear: WavBriVL
    eye: BriVLImage

    def __init__(
        self,
        config: WavBriVLVQGANConfig,
        ear: WavBriVL | None = None,
        eye: BriVLImage | None = None,
        painter: VQGAN | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights."""
        super().__init__(config, ear or WavBriVL(config.ear), eye or BriVLImage(config.eye), painter, config.eye.size)


def _counted(callback: Callback | None) -> Callable[[Progress], None] | None:
    """A system's callback as a search calls it."""
    return callback and (lambda progress: callback(progress.step, progress.steps))


def _images(found: Found) -> list[Image.Image]:
    """The pictures of a search. Raises what interrupted it, unless that was Ctrl-C and there is something to show."""
    stopped = found.interruption
    if stopped is not None and not (isinstance(stopped, KeyboardInterrupt) and found.loss.isfinite().all()):
        raise stopped
    return [Image.fromarray(pixels.permute(1, 2, 0).cpu().numpy()) for pixels in to_uint8(2 * found.pictures - 1)]


# Named sizes ----------------------------------------------------------------------------------------------------------


def wav2clip_published() -> Wav2CLIPVQGANConfig:
    """Wav2CLIP's: ViT-B/32, VQGAN of ImageNet with 16384 codes, VQGAN-CLIP's search."""
    return Wav2CLIPVQGANConfig(wav2clip.published(), clip.published(), vqgan.published(), search_config.vqgan_clip())


def wav2clip_pocket() -> Wav2CLIPVQGANConfig:
    """The small parts together."""
    return Wav2CLIPVQGANConfig(wav2clip.pocket(), clip.pocket(), vqgan.pocket(), search_config.pocket())


def wav2clip_debug() -> Wav2CLIPVQGANConfig:
    """Random and tiny, for tests and docs."""
    return Wav2CLIPVQGANConfig(wav2clip.debug(), clip.debug(), vqgan.debug(), search_config.debug())


def wavbrivl_published() -> WavBriVLVQGANConfig:
    """WavBriVL's, with the image tower that is released and the VQGAN its authors use (1024 codes)."""
    eye = brivl_image.published()
    return WavBriVLVQGANConfig(wavbrivl.published(), eye, vqgan.published(1024), search_config.wavbrivl(eye.size))


def wavbrivl_as_written() -> WavBriVLVQGANConfig:
    """WavBriVL's by the text of its paper: EfficientNet-B7 at 360 pixels, of which there are no weights."""
    eye = brivl_image.as_written()
    return WavBriVLVQGANConfig(wavbrivl.as_written(), eye, vqgan.published(1024), search_config.wavbrivl(eye.size))


def wavbrivl_pocket() -> WavBriVLVQGANConfig:
    """The small parts together."""
    return WavBriVLVQGANConfig(wavbrivl.pocket(), brivl_image.pocket(), vqgan.pocket(), search_config.pocket())


def wavbrivl_debug() -> WavBriVLVQGANConfig:
    """Random and tiny, for tests and docs."""
    return WavBriVLVQGANConfig(wavbrivl.debug(), brivl_image.debug(), vqgan.debug(), search_config.debug())
