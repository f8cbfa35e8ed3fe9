"""Wav2CLIP and WavBriVL over VQGAN: what was heard guides a search through VQGAN's codes.

Wu et al., "Wav2CLIP" (2022), with VQGAN-CLIP's search (Crowson et al. 2022, section 3); Fang et al., "New Audio
Representations Image GAN Generation from BriVL" (2023), section 4.1. Both are one system with another pair of networks
that share a space, an ear and an eye:

    sound --ear--> embedding                                                Wav2CLIP, or WavBriVL's audio encoder
    codes --VQGAN--> picture --cutouts, eye--> embeddings                   CLIP, or BriVL's image tower
    codes -= Adam's step towards embeddings that are like the sound's       samplers/search.py

The first codes are random, those of a given picture, or sampled from a transformer that knows which codes make one.

    system = hearsight.load("wav2clip-vqgan", vqgan="vqgan_imagenet_f16_16384.ckpt", ear="Wav2CLIP.pt",
        eye="openai/clip-vit-base-patch32")
    system("bark.ogg", prompt="an oil painting", against="text")
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight.config import build
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.errors import ConfigError
from hearsight.generators.code_transformer import CodeTransformer, require_fit
from hearsight.generators.vqgan import VQGAN, VQGANConfig
from hearsight.hub.converters.vqgan import read_vqgan
from hearsight.pixels import to_pixels
from hearsight.samplers import search_config
from hearsight.samplers.search import Found, Start, search
from hearsight.systems.guided_search import GuidedSearch, begin_once, looks_at
from hearsight.systems.guided_search_parts import (
    read_brivl_eye,
    read_clip_eye,
    read_code_transformer,
    read_painter,
    read_wav2clip_ear,
    read_wavbrivl_ear,
)
from hearsight.systems.guided_vqgan_config import Canvas, Wav2CLIPVQGANConfig, WavBriVLVQGANConfig
from hearsight.systems.sampled_starts import SampledStarts
from hearsight.systems.search_wishes import opened_picture


class GuidedVQGAN(GuidedSearch):
    """A search through VQGAN's codes."""

    vqgan: VQGAN

    def __init__(
        self,
        config: Any,
        ear: Wav2CLIP | WavBriVL,
        eye: CLIP | BriVLImage,
        painter: VQGAN | None = None,
        transformer: CodeTransformer | None = None,
    ) -> None:
        """A system of the given networks; a painter that is left out gets random weights.

        Raises ConfigError for networks that do not fit each other.
        """
        self.vqgan = painter or VQGAN(config.vqgan)
        drawing: dict[str, nn.Module] = {"vqgan": self.vqgan}
        self.sampled: SampledStarts | None = None
        if config.transformer:
            require_fit(config.transformer, config.vqgan)
            drawing["transformer"] = transformer = transformer or CodeTransformer(config.transformer)
            self.sampled = SampledStarts(transformer, self.vqgan, self._look, looks_at(eye))
        super().__init__(config, ear, eye, drawing)

    def defaults(self) -> Mapping[str, Any]:
        """The search's settings, those of `Canvas`, and the side of the picture in pixels."""
        return {**super().defaults(), **asdict(self.config.canvas), "size": self.config.vqgan.size}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        chosen["start"] = str(chosen["start"])
        unit = self.config.vqgan.factor
        if chosen["size"] < unit or chosen["size"] % unit:
            raise ConfigError(
                f"size={chosen['size']}: this VQGAN draws multiples of {unit} pixels; try {self.config.vqgan.size}."
            )
        canvas = _canvas(chosen)
        if canvas.start == "sampled":
            self._require_sampling(chosen["size"])
            begin_once(chosen, given, "the start is the best of `samples`, so there is only one")
        elif canvas.start != "random":
            with opened_picture("start", canvas.start):
                begin_once(chosen, given, "the start is given, so there is only one")
        return chosen

    def _require_sampling(self, size: int) -> None:
        """Raises ConfigError where no pictures of this size can be sampled."""
        if self.sampled is None:
            raise ConfigError("start='sampled': no transformer is here to sample from; give one, or take start=random.")
        if size != self.config.vqgan.size:
            raise ConfigError(
                f"size={size}: the transformer samples pictures of {self.config.vqgan.size} pixels; take that size, or "
                "start=random."
            )

    def _file_settings(self, settings: Mapping[str, Any]) -> list[str]:
        own = settings["start"] in ("random", "sampled")
        return [*super()._file_settings(settings), *([] if own else ["start"])]

    def _search(self, chosen: Mapping[str, Any], seeds: Sequence[int], **others: Any) -> Found:
        canvas, side = _canvas(chosen), chosen["size"]
        begin: Start | Tensor
        if canvas.start == "sampled" and self.sampled:
            found = [
                self.sampled(seed, canvas.samples).best(targets, others["config"])
                for seed, targets in zip(seeds, others["targets"], strict=True)
            ]
            begin = self.vqgan.lookup(torch.stack(found))
        elif canvas.start == "random":
            begin = partial(self.vqgan.random_latent, height=side, width=side)
        else:
            begin = self._encoded(canvas.start, side).expand(len(seeds), -1, -1, -1)
        if chosen["space"] == "latent":
            return search(self.vqgan.draw, start=begin, seeds=seeds, constrain=self.vqgan.within_codebook, **others)
        return search(self.vqgan.draw_mixture, start=self._scored(begin), seeds=seeds, **others)

    @torch.no_grad()
    def _encoded(self, file: str, side: int) -> Float[Tensor, "1 code_width row column"]:
        """The codes of a picture, squeezed to a square as VQGAN-CLIP does."""
        with opened_picture("start", file) as image:
            square = image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        return self.vqgan.quantise(self.vqgan.encode(to_pixels(square)[None].to(self.device)))

    def _scored(self, begin: Start | Tensor) -> Start | Tensor:
        """Starts as scores of the codes."""
        return self._scores(begin) if isinstance(begin, Tensor) else lambda random: self._scores(begin(random)[None])[0]

    @torch.no_grad()
    def _scores(
        self, latent: Float[Tensor, "picture code_width row column"]
    ) -> Float[Tensor, "picture codes row column"]:
        """A score for every code at every place: the code nearest to `latent` gets half of the probability."""
        codes = self.vqgan.nearest(latent)
        chosen = torch.nn.functional.one_hot(codes, self.config.vqgan.codes).movedim(-1, 1)
        return math.log(self.config.vqgan.codes) * chosen.to(latent)


class Wav2CLIPVQGAN(GuidedVQGAN):
    """Hears with Wav2CLIP, looks with CLIP, draws with VQGAN."""

    name = "wav2clip-vqgan"
    config_class = Wav2CLIPVQGANConfig
    parts: ClassVar[Mapping[str, str]] = {
        "vqgan": "vqgan_imagenet_f16_16384.ckpt, or a trained folder",
        "ear": "Wav2CLIP.pt, or a trained folder",
        "eye": "a folder or hub id of a CLIP, or RN50.pt",
    }

    config: Wav2CLIPVQGANConfig

    def __init__(
        self,
        config: Wav2CLIPVQGANConfig,
        ear: Wav2CLIP | None = None,
        eye: CLIP | None = None,
        painter: VQGAN | None = None,
        transformer: CodeTransformer | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights."""
        super().__init__(config, ear or Wav2CLIP(config.ear), eye or CLIP(config.eye), painter, transformer)

    @classmethod
    def assemble(  # type: ignore[override]  # the options that must be given are spelled out
        cls,
        *,
        vqgan: str | Path,
        ear: str | Path,
        eye: str | Path,
        transformer: str | Path | None = None,
        vocabulary: str | Path | None = None,
        device: str | torch.device | None = None,
        **others: Any,
    ) -> Self:
        """A system of published files or trained folders, which is searched as VQGAN-CLIP publishes.

        Args:
            vqgan: `vqgan_imagenet_f16_16384.ckpt` or `..._1024.ckpt`.
            ear: `Wav2CLIP.pt`.
            eye: the CLIP it was learned from: ViT-B/32 as a folder or hub id of transformers.
            transformer: the folder of a code_transformer, trained on codes of `vqgan`, to begin with what it samples.
            vocabulary: the folder of CLIP's vocab.json and merges.txt, where the eye comes without.

        Raises ConfigError for parts that do not fit each other, WeightsError for files that are missing or of another
        model.
        """
        cls._refuse(others)
        hearing, looking = read_wav2clip_ear(ear), read_clip_eye(eye, vocabulary)
        painter = read_painter(vqgan, "vqgan", VQGAN, VQGANConfig, read_vqgan)
        sampler = read_code_transformer(transformer) if transformer else None
        how = search_config.vqgan_clip(looks_at(looking))
        config = Wav2CLIPVQGANConfig(hearing.config, looking.config, **_painting(painter, sampler), search=how)
        return cls(config, hearing, looking, painter, sampler).ready(device)


class WavBriVLVQGAN(GuidedVQGAN):
    """Hears with WavBriVL, looks with BriVL's image tower, draws with VQGAN."""

    name = "wavbrivl"
    config_class = WavBriVLVQGANConfig
    parts: ClassVar[Mapping[str, str]] = {
        "vqgan": "vqgan_imagenet_f16_1024.ckpt, or a trained folder",
        "ear": "the folder of a trained WavBriVL; none is published",
        "eye": "brivl-with-roberta-base.pth, BriVL-1.0-5500w.pth, or a trained folder",
    }

    config: WavBriVLVQGANConfig

    def __init__(
        self,
        config: WavBriVLVQGANConfig,
        ear: WavBriVL | None = None,
        eye: BriVLImage | None = None,
        painter: VQGAN | None = None,
        transformer: CodeTransformer | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights."""
        super().__init__(config, ear or WavBriVL(config.ear), eye or BriVLImage(config.eye), painter, transformer)

    @classmethod
    def assemble(  # type: ignore[override]  # the options that must be given are spelled out
        cls,
        *,
        vqgan: str | Path,
        ear: str | Path,
        eye: str | Path,
        transformer: str | Path | None = None,
        form: str = "published",
        device: str | torch.device | None = None,
        **others: Any,
    ) -> Self:
        """A system of published files or trained folders, searched as WavBriVL's paper reads.

        Args:
            vqgan: `vqgan_imagenet_f16_1024.ckpt` or `..._16384.ckpt`.
            ear: the folder of a trained WavBriVL; its authors published none.
            eye: `brivl-with-roberta-base.pth` or `BriVL-1.0-5500w.pth`.
            transformer: the folder of a code_transformer, trained on codes of `vqgan`, to begin with what it samples.
            form: how a published eye is fed: `published`, `first_release` or `reranker` of encoders/brivl_image.py.

        Raises ConfigError for parts that do not fit each other, WeightsError for files that are missing or of another
        model.
        """
        cls._refuse(others)
        hearing, looking = read_wavbrivl_ear(ear), read_brivl_eye(eye, form)
        painter = read_painter(vqgan, "vqgan", VQGAN, VQGANConfig, read_vqgan)
        sampler = read_code_transformer(transformer) if transformer else None
        how = search_config.wavbrivl(looks_at(looking))
        config = WavBriVLVQGANConfig(hearing.config, looking.config, **_painting(painter, sampler), search=how)
        return cls(config, hearing, looking, painter, sampler).ready(device)


def _painting(painter: VQGAN, sampler: CodeTransformer | None) -> dict[str, Any]:
    """What of a config tells of them: whoever gives a transformer wants to begin with what it samples."""
    told: dict[str, Any] = {"vqgan": painter.config}
    return told | {"transformer": sampler.config, "canvas": Canvas(start="sampled")} if sampler else told


def _canvas(chosen: Mapping[str, Any]) -> Canvas:
    """What of VQGAN settings search. Raises ConfigError for what there is not."""
    return build(Canvas, {entry.name: chosen[entry.name] for entry in fields(Canvas)})
