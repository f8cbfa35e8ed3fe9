"""What decides a search through VQGAN: the networks, how it goes, and the named sizes."""

from dataclasses import dataclass, field
from typing import Any, Literal

from hearsight.encoders import brivl_image, clip, wav2clip, wavbrivl
from hearsight.encoders.brivl_image import BriVLImageConfig
from hearsight.encoders.clip import CLIPConfig
from hearsight.encoders.wav2clip import Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVLConfig
from hearsight.errors import ConfigError
from hearsight.generators import code_transformer, vqgan
from hearsight.generators.code_transformer import CodeTransformerConfig
from hearsight.generators.vqgan import VQGANConfig
from hearsight.samplers import search_config
from hearsight.samplers.search_config import SearchConfig


@dataclass(frozen=True)
class Canvas:
    """What of VQGAN is searched, and where that begins. The defaults are VQGAN-CLIP's."""

    space: Literal["latent", "codes"] = "latent"
    """What is moved: the vectors, each drawn as the nearest code, or a score for every code, the best of which is drawn
    (WavBriVL's section 4.1 updates "the initial token sequence")."""
    start: str = "random"
    """Random codes, the best picture `sampled` from the transformer, or the file of a picture to begin with."""
    samples: int = 512
    """Pictures that are sampled; the eye chooses."""

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ConfigError(f"samples={self.samples}: must be at least 1.")


@dataclass(frozen=True)
class Wav2CLIPVQGANConfig:
    """A Wav2CLIP, the CLIP in whose space it hears, a VQGAN, and how it is searched."""

    ear: Wav2CLIPConfig
    """What hears."""
    eye: CLIPConfig
    """What looks at pictures, and reads."""
    vqgan: VQGANConfig
    """What draws."""
    transformer: CodeTransformerConfig | None = None
    """What knows which codes make a picture, to begin with one."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Default settings of drawing."""
    canvas: Canvas = field(default_factory=Canvas)
    """More of them."""


@dataclass(frozen=True)
class WavBriVLVQGANConfig:
    """A WavBriVL, the BriVL in whose space it hears, a VQGAN, and how it is searched."""

    ear: WavBriVLConfig
    """What hears."""
    eye: BriVLImageConfig
    """What looks at pictures."""
    vqgan: VQGANConfig
    """What draws."""
    transformer: CodeTransformerConfig | None = None
    """What knows which codes make a picture, to begin with one."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Default settings of drawing."""
    canvas: Canvas = field(default_factory=Canvas)
    """More of them."""


def wav2clip_published() -> Wav2CLIPVQGANConfig:
    """Wav2CLIP's: ViT-B/32, VQGAN of ImageNet with 16384 codes, VQGAN-CLIP's search."""
    how = search_config.vqgan_clip()
    return Wav2CLIPVQGANConfig(wav2clip.published(), clip.published(), vqgan.published(), search=how)


def wav2clip_pocket() -> Wav2CLIPVQGANConfig:
    """The small parts together."""
    return Wav2CLIPVQGANConfig(wav2clip.pocket(), clip.pocket(), **_sampled())


def wav2clip_debug() -> Wav2CLIPVQGANConfig:
    """Random and tiny, for tests and docs."""
    return Wav2CLIPVQGANConfig(wav2clip.debug(), clip.debug(), vqgan.debug(), search=search_config.debug())


def wavbrivl_published() -> WavBriVLVQGANConfig:
    """WavBriVL's, with the image tower that is released and the VQGAN its authors use (1024 codes)."""
    eye = brivl_image.published()
    how = search_config.wavbrivl(eye.size)
    return WavBriVLVQGANConfig(wavbrivl.published(), eye, vqgan.published(1024), search=how)


def wavbrivl_as_written() -> WavBriVLVQGANConfig:
    """WavBriVL's by the text of its paper: EfficientNet-B7 at 360 pixels, of which there are no weights."""
    eye = brivl_image.as_written()
    how = search_config.wavbrivl(eye.size)
    return WavBriVLVQGANConfig(wavbrivl.as_written(), eye, vqgan.published(1024), search=how)


def wavbrivl_pocket() -> WavBriVLVQGANConfig:
    """The small parts together."""
    return WavBriVLVQGANConfig(wavbrivl.pocket(), brivl_image.pocket(), **_sampled())


def wavbrivl_debug() -> WavBriVLVQGANConfig:
    """Random and tiny, for tests and docs."""
    return WavBriVLVQGANConfig(wavbrivl.debug(), brivl_image.debug(), vqgan.debug(), search=search_config.debug())


def _sampled() -> dict[str, Any]:
    """The pocket edition's painter, which begins with pictures that it sampled."""
    how, begun = search_config.sampled(), Canvas(start="sampled")
    return {"vqgan": vqgan.pocket(), "transformer": code_transformer.pocket(), "search": how, "canvas": begun}
