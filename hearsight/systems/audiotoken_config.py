"""What decides an AudioToken system: its parts, how it draws, and its named sizes."""

from dataclasses import dataclass, field

from hearsight.conditions import token
from hearsight.conditions.token import AudioTokenEmbedderConfig
from hearsight.encoders import beats
from hearsight.encoders.beats import BEATsConfig
from hearsight.encoders.xvector import XVectorConfig
from hearsight.generators import latent_diffusion
from hearsight.generators.latent_diffusion import LatentDiffusionConfig
from hearsight.generators.lora import LoRAConfig
from hearsight.generators.sound_prompt import SOUND


@dataclass(frozen=True)
class Sampling:
    """How a picture is drawn, unless a call says otherwise. The defaults are those of the published code."""

    prompt: str = f"a photo of {SOUND}, 4k, high resolution"
    """What to draw; the sound stands for a word."""
    negative_prompt: str = ""
    """What the picture is led away from."""
    scheduler: str = "own"
    """Any diffusers scheduler by name; `own` is the one the pipeline came with."""
    steps: int = 50
    """Evaluations of the U-Net (each twice as wide while guided)."""
    guidance: float = 7.5
    """Scale of classifier-free guidance; 1 draws without it."""
    lora_scale: float = 1.0
    """How much of the LoRA layers, where the system has them; 0 draws without."""
    batch: int = 1
    """Pictures drawn at once. More are quicker on a GPU, but may change the last digits of each."""


@dataclass(frozen=True)
class AudioTokenConfig:
    """An ear, the embedder that makes words of what it hears, and the pipeline that reads them."""

    encoder: BEATsConfig | XVectorConfig
    """The ear: BEATs for all sounds, x-vectors for speakers."""
    embedder: AudioTokenEmbedderConfig
    """From the ear to one word."""
    pipeline: str | LatentDiffusionConfig
    """A diffusers pipeline: a folder (inside the system's own, or anywhere) or hub id; or the sizes of a random one."""
    lora: LoRAConfig | None = None
    """Additions to the pipeline's U-Net that were trained with the embedder."""
    sampling: Sampling = field(default_factory=Sampling)
    """Default settings of drawing."""


def published() -> AudioTokenConfig:
    """The paper's: BEATs, and Stable Diffusion 1.4."""
    return AudioTokenConfig(beats.published(), token.published(), "CompVis/stable-diffusion-v1-4")


def pocket() -> AudioTokenConfig:
    """What ships with the package: a small ear and a small pipeline of 128 px pictures."""
    ear, picture = beats.pocket(), latent_diffusion.pocket()
    words = token.pocket(len(ear.joined) * ear.width, picture.text_width)
    sampling = Sampling(prompt=f"a photo of {SOUND}", scheduler="dpm++", steps=20, guidance=5.0)
    return AudioTokenConfig(ear, words, picture, sampling=sampling)


def debug() -> AudioTokenConfig:
    """Random and tiny, for tests and docs."""
    ear, picture = beats.debug(), latent_diffusion.debug()
    words = token.debug(len(ear.joined) * ear.width, picture.text_width)
    return AudioTokenConfig(ear, words, picture, sampling=Sampling(steps=2))
