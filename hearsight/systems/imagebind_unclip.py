"""ImageBind and Stable unCLIP: what is heard is taken for what was seen, and drawn. AudioToken's strongest baseline.

Yariv et al., *AudioToken* (Interspeech 2023), section 3 and its footnote, with nothing trained:

    sound --ImageBind's ear--> embedding, in the space of OpenCLIP's ViT-H     Girdhar et al. 2023, section 3
    embedding --noise of a level, Stable unCLIP--> picture                     Ramesh et al. 2022, section 2.1

The published ear is licensed CC BY-NC 4.0, for no commercial use: it does not ship with the package.

    system = hearsight.load("imagebind-unclip", pipeline="FOLDER or hub id", weights="imagebind_huge.pth")
    system("bark.ogg", prompt="an oil painting", noise_level=200)
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.config import build
from hearsight.device import usable_device
from hearsight.encoders import imagebind
from hearsight.encoders.imagebind import ImageBind, ImageBindConfig
from hearsight.errors import ConfigError
from hearsight.generators.sound_prompt import SOUND
from hearsight.generators.stable_unclip import StableUnCLIP, embed_of, require_embed
from hearsight.hub.card import Card, Source
from hearsight.hub.converters.imagebind import read_imagebind
from hearsight.hub.network import load_network
from hearsight.samplers.diffusion import scheduler_like
from hearsight.sound.sound import Sound
from hearsight.systems.base import Callback
from hearsight.systems.pipeline_system import Loading, PipelineSystem


@dataclass(frozen=True)
class Sampling:
    """How a picture is drawn, unless a call says otherwise. The defaults are those of the pipeline, as in the paper."""

    prompt: str = ""
    """Words that the picture should follow besides the sound."""
    negative_prompt: str = ""
    """What the picture is led away from."""
    scheduler: str = "own"
    """Any diffusers scheduler by name; `own` is the one the pipeline came with."""
    steps: int = 20
    """Evaluations of the U-Net (each twice as wide while guided)."""
    guidance: float = 10.0
    """Scale of classifier-free guidance; 1 draws without it."""
    noise_level: int = 0
    """How much of what was heard is drowned before drawing, 0 to 999; more noise, more variety."""
    batch: int = 1
    """Pictures drawn at once. More are quicker on a GPU, but may change the last digits of each."""


@dataclass(frozen=True)
class ImageBindUnCLIPConfig:
    """An ear, and the pipeline that draws what it hears."""

    imagebind: ImageBindConfig
    """The ear."""
    pipeline: str
    """A Stable unCLIP pipeline of diffusers: a folder (inside the system's own, or anywhere) or hub id."""
    sampling: Sampling = field(default_factory=Sampling)
    """Default settings of drawing."""


class ImageBindUnCLIP(PipelineSystem):
    """Hears with ImageBind, draws with Stable unCLIP."""

    name = "imagebind-unclip"
    config_class = ImageBindUnCLIPConfig
    parts: ClassVar[Mapping[str, str]] = {
        "pipeline": "a Stable unCLIP folder or hub id",
        "weights": "imagebind_huge.pth, or the folder of a saved ear",
    }

    config: ImageBindUnCLIPConfig
    diffusion: StableUnCLIP

    def __init__(
        self,
        config: ImageBindUnCLIPConfig,
        ear: ImageBind | None = None,
        diffusion: StableUnCLIP | None = None,
    ) -> None:
        """A system of the given parts; without an ear it gets random weights, without a pipeline that of the config."""
        self.config = config
        self.imagebind = ear or ImageBind(config.imagebind)
        self.diffusion = diffusion or self._open(config.pipeline, config)
        require_embed(config.imagebind.embed, self.diffusion.embed, config.pipeline)
        self.components = {"imagebind": self.imagebind.eval()}

    def hear(self, sounds: Sequence[Sound]) -> Float[Tensor, "sound embed"]:
        """What is drawn: the embedding at the length ImageBind gives it, which is about that of a picture's in CLIP."""
        return self.imagebind.hear_scaled(sounds)

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
        scheduler = scheduler_like(self.diffusion.pipeline.scheduler, chosen.pop("scheduler"), chosen["steps"])
        return self.diffusion.draw(condition, seeds=seeds, scheduler=scheduler, callback=callback, **chosen)

    def defaults(self) -> Mapping[str, Any]:
        """The sampling settings and the side of the picture in pixels."""
        return {**asdict(self.config.sampling), "size": self.diffusion.size}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        for name in ("prompt", "negative_prompt"):
            if SOUND in chosen[name]:
                raise ConfigError(f"{name}={chosen[name]!r}: takes words only, the sound is no word here; cut {SOUND}.")
            self.diffusion.tokenise(chosen[name])
        if not math.isfinite(chosen["guidance"]):
            raise ConfigError(f"guidance={chosen['guidance']}: must be a finite number, e.g. 10; 1 draws without it.")
        if not 0 <= chosen["noise_level"] < self.diffusion.noise_levels:
            raise ConfigError(
                f"noise_level={chosen['noise_level']}: must be from 0 to {self.diffusion.noise_levels - 1}."
            )
        self.require_drawable(chosen)
        return chosen

    # Loading --------------------------------------------------------------------------------------------------------

    @classmethod
    def assemble(  # type: ignore[override]  # the options that must be given are spelled out
        cls, *, pipeline: str | Path, weights: str | Path, device: str | torch.device | None = None, **options: Any
    ) -> Self:
        """A system put together from published files; what cannot fit is found before the pipeline is read.

        Args:
            pipeline: a diffusers folder or hub id, e.g. stable-diffusion-2-1-unclip.
            weights: `imagebind_huge.pth`, or the folder of an ear that `hub.network.save_network` wrote.
            device: where to put it; by default a GPU where there is one, else the CPU.
            options: those of `pipeline_system.Loading`.

        Raises:
            ConfigError: widths do not fit, or there is no such pipeline, device or option.
            WeightsError: a file is missing, or of another model.
        """
        chosen = usable_device(device)
        drawable = embed_of(pipeline)
        ear = read_ear(Path(weights))
        require_embed(ear.config.embed, drawable, pipeline)
        config = ImageBindUnCLIPConfig(ear.config, str(pipeline))
        ear.requires_grad_(False)
        return cls(config, ear, cls._open(str(pipeline), config, **options)).to(chosen)

    @classmethod
    def _open(cls, place: str, config: Any, **loading: Any) -> StableUnCLIP:
        asked = build(Loading, loading)
        diffusion = StableUnCLIP.open(place, width=config.imagebind.embed, dtype=getattr(torch, asked.dtype))
        return diffusion.spare_memory(attention_slicing=asked.attention_slicing, offload=asked.offload)


def read_ear(weights: Path) -> ImageBind:
    """The ear in a published file, or in a folder of its own. Raises WeightsError where there is none."""
    if weights.is_dir():
        return load_network(weights, "imagebind", ImageBind, ImageBindConfig)
    return read_imagebind(weights)


def published() -> ImageBindUnCLIPConfig:
    """The paper's: `imagebind_huge`, and Stable Diffusion 2.1 unCLIP."""
    return ImageBindUnCLIPConfig(imagebind.published(), "stabilityai/stable-diffusion-2-1-unclip")


def card() -> Card:
    """The card of a folder that the published ear is saved into: its licence goes with it."""
    return Card(
        system=ImageBindUnCLIP.name,
        title="ImageBind and Stable unCLIP",
        summary="ImageBind's published ear (Meta AI), saved as safetensors; Stable unCLIP draws what it hears.",
        licence="cc-by-nc-4.0",
        data=(
            Source(
                "AudioSet", "CC BY 4.0 (its labels)", "Gemmeke et al. 2017", "https://research.google.com/audioset/"
            ),
        ),
        limits="For no commercial use: the licence of ImageBind's weights, CC BY-NC 4.0, holds for copies, too. The "
        "pipeline has a licence of its own.",
    )
