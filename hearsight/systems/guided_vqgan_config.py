"""What decides a search through VQGAN: the networks, how it goes, and the named sizes."""

from dataclasses import dataclass, field
from typing import Literal

from hearsight.encoders import brivl_image, clip, wav2clip, wavbrivl
from hearsight.encoders.brivl_image import BriVLImageConfig
from hearsight.encoders.clip import CLIPConfig
from hearsight.encoders.wav2clip import Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVLConfig
from hearsight.generators import vqgan
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
    """Random codes, or the file of a picture to begin with."""


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
    search: SearchConfig = field(default_factory=SearchConfig)
    """Default settings of drawing."""
    canvas: Canvas = field(default_factory=Canvas)
    """More of them."""


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
