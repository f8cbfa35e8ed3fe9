"""StyleWav: what Wav2CLIP hears guides a search through the styles of StyleGAN2.

Ngo, "StyleWav: Guiding Image Synthesis Using Audio", section 2 and figure 1, on StyleCLIP's code (Patashnik et al.
2021, section 4):

    sound --Wav2CLIP--> embedding
    mean W, a random or a given face --StyleGAN2--> picture --CLIP--> embedding
    latent -= Adam's step towards an embedding like the sound's             samplers/search.py

A given face that is held back by `pull` (and by `identity`) is edited rather than drawn anew: preset="edit".

    system = hearsight.load("stylewav", generator="stylegan2-ffhq-config-f.pt", ear="Wav2CLIP.pt",
        eye="openai/clip-vit-base-patch32")
    system("voice.wav")                                                     # ten steps from the mean
    system("voice.wav", preset="edit", start="face.npy", space="style", against="glasses")
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.config import build
from hearsight.encoders import clip, wav2clip
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.errors import ConfigError
from hearsight.generators import stylegan2
from hearsight.generators.clamped import unit_pixels
from hearsight.generators.given_latent import Latent, read_latent
from hearsight.generators.stylegan2 import Space, StyleGAN2, StyleGAN2Config
from hearsight.hub.converters.stylegan2 import read_stylegan2
from hearsight.samplers import search_config
from hearsight.samplers.climber import Decode
from hearsight.samplers.search import Found, Look, search
from hearsight.samplers.search_config import SearchConfig
from hearsight.systems.guided_search import GuidedSearch, begin_once, looks_at
from hearsight.systems.guided_search_parts import read_clip_eye, read_painter, read_wav2clip_ear


@dataclass(frozen=True)
class Face:
    """Where a search through StyleGAN2 begins and what it may change. The defaults are StyleWav's."""

    space: Space = "w+"
    """What is moved: one vector for all layers (the paper's text), one per layer (its code), or what the layers make of
    them, colours left alone (its notebooks)."""
    start: str = "mean"
    """`mean`: the mean of 4096 mapped z, the same for every seed; `random`: the w of one z from the picture's seed; or
    a latent of one's own, in a file (.npy, .safetensors, .pt)."""
    truncation: float = 0.7
    """How far a random start is from the mean; 1 leaves it where it is."""
    noise: Literal["stored", "seed"] = "stored"
    """The noise that belongs to the weights, or noise from the picture's seed. With stored noise, all seeds have the
    same mean face."""


@dataclass(frozen=True)
class StyleWavConfig:
    """A Wav2CLIP, the CLIP in whose space it hears, a StyleGAN2, and how it is searched."""

    ear: Wav2CLIPConfig
    """What hears."""
    eye: CLIPConfig
    """What looks at pictures, and reads."""
    stylegan2: StyleGAN2Config
    """What draws."""
    search: SearchConfig = field(default_factory=SearchConfig)
    """Default settings of drawing."""
    face: Face = field(default_factory=Face)
    """More of them."""
    normalise: Literal["clip", "nothing"] = "clip"
    """What pixels go through before CLIP: its own normalisation, or nothing, which leaves them in [-1, 1], as
    StyleCLIP's and StyleWav's code does."""


class StyleWav(GuidedSearch):
    """Hears with Wav2CLIP, looks with CLIP, draws with StyleGAN2."""

    name = "stylewav"
    config_class = StyleWavConfig
    parts: ClassVar[Mapping[str, str]] = {
        "generator": "stylegan2-ffhq-config-f.pt, or a trained folder",
        "ear": "Wav2CLIP.pt, or a trained folder",
        "eye": "a folder or hub id of a CLIP, or RN50.pt",
    }
    fixed = ("cutouts", "together")

    config: StyleWavConfig

    def __init__(
        self,
        config: StyleWavConfig,
        ear: Wav2CLIP | None = None,
        eye: CLIP | None = None,
        painter: StyleGAN2 | None = None,
        faces: Look | None = None,
    ) -> None:
        """A system of the given networks; those left out get random weights.

        Args:
            faces: embeds whole pictures (pixels in [0, 1]) by whose face they show, ArcFace for one; it is needed for
                `identity`, belongs to no recipe and is not saved.
        """
        self.stylegan2 = painter or StyleGAN2(config.stylegan2)
        self.faces = faces
        super().__init__(config, ear or Wav2CLIP(config.ear), eye or CLIP(config.eye), {"stylegan2": self.stylegan2})

    # Settings -------------------------------------------------------------------------------------------------------

    def defaults(self) -> Mapping[str, Any]:
        """The search's settings, those of `Face`, and the side of the picture in pixels."""
        return {**super().defaults(), **asdict(self.config.face), "size": self.config.stylegan2.size}

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        if isinstance(chosen["start"], Path):
            chosen["start"] = str(chosen["start"])
        own = self.config.stylegan2.size
        if chosen["size"] != own:
            raise ConfigError(f"size={chosen['size']}: this StyleGAN2 draws {own} pixels only; leave the size out.")
        if chosen["identity"] and self.faces is None:
            raise ConfigError(
                f"identity={chosen['identity']}: needs a network that knows faces; load the system with faces=NETWORK, "
                "or set it to 0."
            )
        face = _face(chosen)
        if face.start == "mean":
            begin_once(chosen, given, "there is only one mean")
        if self._file_settings(chosen):
            self._given(chosen["start"], face.space)
            begin_once(chosen, given, "the start is given, so there is only one")
        return chosen

    def _file_settings(self, settings: Mapping[str, Any]) -> list[str]:
        own = isinstance(settings["start"], str) and settings["start"] in ("mean", "random")
        return [*super()._file_settings(settings), *([] if own else ["start"])]

    # Searching --------------------------------------------------------------------------------------------------------

    def _search(self, chosen: Mapping[str, Any], seeds: Sequence[int], **others: Any) -> Found:
        face = _face(chosen)
        given = None
        if face.start == "mean":
            given = self._in_space(self._mean.to(self.device), face.space)
        elif face.start != "random":
            given = self._given(chosen["start"], face.space)

        def begin(random: torch.Generator) -> Float[Tensor, "*latent"]:
            if given is not None:
                return given
            return self._in_space(self.stylegan2.random_w(random, face.truncation), face.space)

        movable = ~self.stylegan2.colour_styles().to(self.device) if face.space == "style" else None
        decoders = self._decoders(face, seeds)
        return search(decoders, start=begin, seeds=seeds, movable=movable, face=self.faces, **others)

    def _decoders(self, face: Face, seeds: Sequence[int]) -> list[Decode]:
        """One per picture, but one object for all where they do not differ: then they may be drawn together."""

        def decoder(noise: Sequence[Tensor]) -> Decode:
            return lambda latent: unit_pixels(self.stylegan2(latent, face.space, noise))

        if face.noise == "stored":
            return [decoder(self.stylegan2.stored_noise())] * len(seeds)
        return [decoder(self.stylegan2.noises([seed])) for seed in seeds]

    def _given(self, source: Latent, space: Space) -> Float[Tensor, "*latent"]:
        """A latent of one's own in the space that is searched.

        Raises ConfigError for one that is none of this StyleGAN2, or of a freer space than `space`.
        """
        latent, own = read_latent(source).to(self.device), self.stylegan2.config
        layered = (own.layers, own.style_width)
        if latent.shape == (own.style_width,):
            return self._in_space(latent, space)
        if latent.shape == layered and space != "w":
            return latent if space == "w+" else self._styles(latent)
        if space == "style" and latent.ndim == 1 and len(latent) == len(self.stylegan2.colour_styles()):
            return latent
        raise ConfigError(
            f"start: a latent of shape {list(latent.shape)} cannot be moved in space={space!r} of this StyleGAN2; give "
            f"one of [{own.style_width}], or, in 'w+' and 'style', of {list(layered)}."
        )

    def _in_space(self, w: Float[Tensor, " style_width"], space: Space) -> Float[Tensor, "*latent"]:
        if space == "w":
            return w
        layers = self.stylegan2.spread(w[None])[0]
        return layers if space == "w+" else self._styles(layers)

    @torch.no_grad()
    def _styles(self, layers: Float[Tensor, "layer style_width"]) -> Float[Tensor, " style"]:
        return self.stylegan2.styles(layers[None])[0]

    @cached_property
    def _mean(self) -> Float[Tensor, " style_width"]:
        return self.stylegan2.estimate_mean()

    def _look(self, pixels: Float[Tensor, "view 3 size size"]) -> Float[Tensor, "view embed"]:
        return super()._look(pixels) if self.config.normalise == "clip" else self.eye.encode_image(2 * pixels - 1)

    # Loading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def assemble(  # type: ignore[override]  # the options that must be given are spelled out
        cls,
        *,
        generator: str | Path,
        ear: str | Path,
        eye: str | Path,
        vocabulary: str | Path | None = None,
        faces: Look | None = None,
        device: str | torch.device | None = None,
        **others: Any,
    ) -> Self:
        """A system of published files or trained folders, searched as StyleWav publishes: ten steps from the mean.

        Args:
            generator: `stylegan2-ffhq-config-f.pt`, or another file of stylegan2-pytorch with `g_ema` in it.
            ear: `Wav2CLIP.pt`.
            eye: the CLIP it was learned from: ViT-B/32 as a folder or hub id of transformers.
            vocabulary: the folder of CLIP's vocab.json and merges.txt, where the eye comes without.
            faces: see the constructor.

        Raises ConfigError for parts that do not fit each other, WeightsError for files that are missing or of another
        model.
        """
        cls._refuse(others)
        hearing, looking = read_wav2clip_ear(ear), read_clip_eye(eye, vocabulary)
        painter = read_painter(generator, "stylegan2", StyleGAN2, StyleGAN2Config, read_stylegan2)
        how = search_config.stylewav(looks_at(looking))
        config = StyleWavConfig(hearing.config, looking.config, painter.config, how, normalise="nothing")
        return cls(config, hearing, looking, painter, faces).ready(device)

    @classmethod
    def _built(cls, config: Any, place: Path, *, faces: Look | None = None, **options: Any) -> Self:
        system = super()._built(config, place, **options)
        system.faces = faces
        return system


def _face(chosen: Mapping[str, Any]) -> Face:
    """Where the search begins that settings ask for. Raises ConfigError for what there is not."""
    values = {entry.name: chosen[entry.name] for entry in fields(Face)}
    return build(Face, values | {"start": values["start"] if isinstance(values["start"], str) else "given"})


# Named sizes ----------------------------------------------------------------------------------------------------------


def published() -> StyleWavConfig:
    """StyleWav's experiment: faces of 1024 pixels, ViT-B/32, ten steps from the mean, CLIP without normalisation."""
    return StyleWavConfig(
        wav2clip.published(), clip.published(), stylegan2.published(), search_config.stylewav(), normalise="nothing"
    )


def pocket() -> StyleWavConfig:
    """The small parts together; every seed starts from a picture of its own."""
    face = Face(start="random", noise="seed")
    return StyleWavConfig(wav2clip.pocket(), clip.pocket(), stylegan2.pocket(), search_config.pocket(), face)


def debug() -> StyleWavConfig:
    """Random and tiny, for tests and docs."""
    face = Face(start="random", noise="seed")
    return StyleWavConfig(wav2clip.debug(), clip.debug(), stylegan2.debug(), search_config.debug(), face)
