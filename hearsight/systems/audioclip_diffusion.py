"""AudioCLIP-latent diffusion: what the audio head of AudioCLIP hears steers a diffusion model over pixels.

R. Kyle, *Hierarchical Audio-Conditional Image Generation with AudioCLIP Latents* (Victoria University of Wellington):

    sound --AudioCLIP audio head--> embedding                                        section 3.2 (Guzhov et al.)
    embedding --projection--> condition, added to the time encoding and attended to  section 3.3.2
    noise --U-Net, 1000 steps of DDPM or 20 of a faster solver--> picture            section 3.3.3 (Ho et al., alg. 2)
    eps = eps(0) + s (eps(embedding) - eps(0)), classifier-free guidance             sections 3.3.3, 4.4 (Ho, Salimans)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.encoders import audioclip as encoder
from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig, temperature
from hearsight.errors import ConfigError
from hearsight.generators import pixel_unet
from hearsight.generators.pixel_unet import PixelUNet, PixelUNetConfig
from hearsight.pixels import to_images
from hearsight.samplers.diffusion import sample
from hearsight.samplers.noise import NoiseSchedule
from hearsight.sound.sound import Sound
from hearsight.systems.base import Callback, System


@dataclass(frozen=True)
class Sampling:
    """How noise becomes a picture, unless a call says otherwise."""

    scheduler: str = "euler-a"
    """Any diffusers scheduler by name; `ddpm` with 1000 steps is the thesis's. Ancestral ones add new noise at every
    step: what earlier steps drew wrongly is put right, and shapes come out cleaner than `dpm++` draws them."""
    steps: int = 20
    """Evaluations of the U-Net (each twice as wide while guided)."""
    guidance: float = 3.0
    """Scale s of classifier-free guidance; 1 draws without it (thesis: 3)."""
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    """Share of the way, from noise (0) to picture (1), on which guidance acts; outside it costs nothing."""
    clip: bool = True
    """Keep the picture that each step foresees within [-1, 1]; the thesis does not."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Arithmetic of the U-Net; bf16 pays on a GPU and for wide networks, not for one small picture on a CPU."""


@dataclass(frozen=True)
class AudioCLIPDiffusionConfig:
    """An AudioCLIP, a U-Net that listens to it, and how they draw."""

    audioclip: AudioCLIPConfig
    """The ear."""
    unet: PixelUNetConfig
    """The hand."""
    schedule: NoiseSchedule = field(default_factory=NoiseSchedule)
    """The noise that the U-Net has learned to take out."""
    sampling: Sampling = field(default_factory=Sampling)
    """Default settings of drawing."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Classes that pictures are marked with, each with the words for it; empty: none are named."""


class AudioCLIPDiffusion(System):
    """Hears with AudioCLIP, draws with a diffusion U-Net."""

    name = "audioclip-diffusion"
    config_class = AudioCLIPDiffusionConfig

    def __init__(
        self,
        config: AudioCLIPDiffusionConfig,
        audioclip: AudioCLIP | None = None,
        unet: PixelUNet | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights."""
        if config.unet.projection and config.unet.projection.embed != config.audioclip.embed:
            raise ConfigError(
                f"unet.projection.embed={config.unet.projection.embed}: the AudioCLIP gives embeddings of "
                f"{config.audioclip.embed}; set both to the same width."
            )
        self.config = config
        self.audioclip = audioclip or AudioCLIP(config.audioclip)
        # Channels last: a fifth less time for every evaluation on a CPU.
        self.unet = convert_conv2d_weight_memory_format(unet or PixelUNet(config.unet), torch.channels_last)
        self.components = {"audioclip": self.audioclip.eval(), "unet": self.unet.eval()}

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """The unit embedding of every sound."""
        return self.audioclip.hear(sounds)

    def draw(
        self,
        condition: Float[Tensor, "picture embed"],
        *,
        seeds: Sequence[int],
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Image.Image]:
        """One picture per embedding; the same embedding, seed and settings give the same bytes."""
        chosen = self.settings(**settings)
        size = chosen.pop("size")
        precision = chosen.pop("precision")
        drawn = sample(
            self.unet,
            condition.to(self.device),
            seeds=seeds,
            shape=(3, size, size),
            schedule=self.config.schedule,
            dtype=torch.bfloat16 if precision == "bf16" else None,
            callback=callback,
            **chosen,
        )
        return to_images(drawn)

    def draw_words(
        self, words: Sequence[str], *, seeds: Sequence[int], callback: Callback | None = None, **settings: Any
    ) -> list[Image.Image]:
        """As `draw`, but the hand listens to what the text head reads: in AudioCLIP, texts and sounds share a space.

        Raises ConfigError where the text head has no vocabulary to read with.
        """
        if self.audioclip.tokenizer is None:
            raise ConfigError(
                f"{self.name}: its text head reads CLIP's tokens, whose vocabulary is not here, so it has no text "
                "topline; set system.audioclip.tokenizer = CLIPTokenizer(FOLDER), or leave it out."
            )
        return self.draw(self.audioclip.read(words), seeds=seeds, callback=callback, **settings)

    def defaults(self) -> Mapping[str, Any]:
        """The sampling settings and the side of the picture in pixels."""
        return {**asdict(self.config.sampling), "size": self.config.unet.size}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        finest = self.config.unet.patch * 2 ** (len(self.config.unet.channels) - 1)
        if chosen["size"] < finest or chosen["size"] % finest:
            raise ConfigError(
                f"size={chosen['size']}: this U-Net draws multiples of {finest} pixels; try {self.config.unet.size}."
            )
        if not math.isfinite(chosen["guidance"]):
            raise ConfigError(f"guidance={chosen['guidance']}: must be a finite number, e.g. 3; 1 draws without it.")
        if chosen["precision"] not in ("fp32", "bf16"):
            raise ConfigError(f"precision={chosen['precision']!r}: there is none of this name; known: bf16, fp32.")
        return chosen

    def classes(self, condition: Float[Tensor, "embed"], top: int = 3) -> list[tuple[str, float]]:
        """The most probable of `config.labels`: softmax of the scaled dot products with their texts (thesis 3.2)."""
        if not self.config.labels:
            return []
        scale = temperature(self.audioclip.scale_audio_text)
        shares = (scale * self._label_embeddings.to(self.device) @ condition.to(self.device)).softmax(dim=-1)
        best = shares.topk(min(top, len(shares)))
        names = list(self.config.labels)
        return [(names[place], value) for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)]

    @cached_property
    def _label_embeddings(self) -> Float[Tensor, "label embed"]:
        return self.audioclip.read(list(self.config.labels.values()))


def published() -> AudioCLIPDiffusionConfig:
    """The thesis's system: the published AudioCLIP and a U-Net over 64 x 64 pixels, DDPM with 1000 steps."""
    sampling = Sampling(scheduler="ddpm", steps=1000, clip=False)
    return AudioCLIPDiffusionConfig(encoder.published(), pixel_unet.published(), sampling=sampling)


def pocket() -> AudioCLIPDiffusionConfig:
    """What ships with the package: three small heads and a small U-Net that predicts the velocity."""
    return AudioCLIPDiffusionConfig(encoder.pocket(), pixel_unet.pocket(), NoiseSchedule(prediction="v_prediction"))


def debug() -> AudioCLIPDiffusionConfig:
    """Random and tiny, for tests and docs."""
    ear = encoder.debug()
    return AudioCLIPDiffusionConfig(
        ear, pixel_unet.debug(ear.embed), sampling=Sampling(steps=2), labels={"dog": "a dog", "rain": "rain"}
    )
