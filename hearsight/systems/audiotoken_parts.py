"""The parts of an AudioToken system: made, read from published files, and compared with each other beforehand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch

from hearsight.conditions.token import AudioTokenEmbedder
from hearsight.config import build
from hearsight.encoders.beats import BEATs, BEATsConfig
from hearsight.encoders.features import FeatureEncoder
from hearsight.encoders.xvector import XVector, XVectorConfig
from hearsight.errors import ConfigError, WeightsError
from hearsight.generators.latent_diffusion import LatentDiffusionConfig, build_pipeline
from hearsight.generators.lora import LoRA
from hearsight.generators.stable_diffusion import StableDiffusion, word_width
from hearsight.hub.converters.audiotoken import read_embedder, read_lora
from hearsight.hub.converters.beats import read_beats
from hearsight.hub.network import load_network
from hearsight.systems.pipeline_system import Loading

SPEAKERS = "microsoft/wavlm-base-plus-sv"
"""The speaker network that is taken where none is named."""


@dataclass(frozen=True)
class Published(Loading):
    """Which published files make a system, besides the embedder's and the pipeline."""

    encoder: Literal["beats", "xvector"] = "beats"
    """The ear: BEATs for all sounds, x-vectors for speakers."""
    encoder_weights: Path | str | None = None
    """The BEATs file, or the folder or hub id of a speaker network. Without it, a BEATs file beside the embedder is
    taken, or the published speaker network."""
    lora: Path | None = None
    """A file of LoRA layers."""
    stochastic: bool = False
    """Drop features also when drawing, as the published code does."""


class Parts(NamedTuple):
    """What a system consists of."""

    encoder: BEATs | XVector
    embedder: AudioTokenEmbedder
    diffusion: StableDiffusion
    lora: LoRA | None


def read_parts(pipeline: str, embedder: Path, **options: Any) -> Parts:
    """All parts from published files, small ones first: what does not fit is found before the large ones are read."""
    asked = build(Published, options)
    speaking = read_embedder(embedder, stochastic=asked.stochastic)
    require_width(speaking.config.width, word_width(pipeline), pipeline)
    hearing = read_encoder(asked.encoder, asked.encoder_weights, embedder.parent)
    require_ear(hearing, speaking)
    loading = {"dtype": asked.dtype, "attention_slicing": asked.attention_slicing, "offload": asked.offload}
    diffusion = open_pipeline(pipeline, speaking.config.width, **loading)
    layers = read_lora(asked.lora, diffusion.pipeline.unet) if asked.lora else None
    return Parts(hearing, speaking, diffusion, layers)


def read_encoder(kind: str, weights: Path | str | None, beside: Path = Path()) -> BEATs | XVector:
    """An ear: a published one, or a BEATs in a folder of its own (`save_network`).

    Without `weights`, it is the BEATs file in the folder `beside`, or the published speaker network.
    """
    if kind == "xvector":
        return XVector.from_pretrained(weights or SPEAKERS)
    if weights and Path(weights).is_dir():
        return load_network(Path(weights), "beats", BEATs, BEATsConfig)
    found = [Path(weights)] if weights else sorted(beside.glob("BEATs*.pt"))
    if not found:
        raise WeightsError(
            f"{beside}: holds no BEATs*.pt, the ear that the embedder was trained with; name it with "
            "encoder_weights=BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt."
        )
    return read_beats(found[-1]).requires_grad_(False)


def new_encoder(config: BEATsConfig | XVectorConfig) -> BEATs | XVector:
    """An ear of random weights."""
    return BEATs(config) if isinstance(config, BEATsConfig) else XVector(config)


def open_pipeline(place: str | LatentDiffusionConfig, width: int | None, **options: Any) -> StableDiffusion:
    """The pipeline at a folder or hub id, for tokens of `width`, with `Loading` options; or a random one."""
    asked = build(Loading, options)
    if isinstance(place, LatentDiffusionConfig):
        diffusion = StableDiffusion(build_pipeline(place))
    else:
        diffusion = StableDiffusion.open(place, width=width, dtype=getattr(torch, asked.dtype))
    return diffusion.spare_memory(attention_slicing=asked.attention_slicing, offload=asked.offload)


def require_width(embedder: int, pipeline: int, place: object) -> None:
    """Raises ConfigError where tokens are no words of the pipeline."""
    if embedder != pipeline:
        raise ConfigError(
            f"{place if isinstance(place, str) else 'pipeline'}: its words have a width of {pipeline}, the embedder's "
            f"tokens of {embedder}; take two made for each other (768: Stable Diffusion 1.x, 1024: 2.x)."
        )


def require_ear(encoder: FeatureEncoder, embedder: AudioTokenEmbedder) -> None:
    """Raises ConfigError where the embedder was made for another ear."""
    if encoder.width != embedder.config.features:
        raise ConfigError(
            f"embedder.features={embedder.config.features}: the encoder gives features of {encoder.width}; take the "
            "ear that this embedder was trained with."
        )
