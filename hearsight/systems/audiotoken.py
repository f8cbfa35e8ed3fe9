"""AudioToken: a sound becomes a word of a text-to-image diffusion model, beside any words one likes.

Yariv et al., *AudioToken: Adaptation of Text-Conditioned Diffusion Models for Audio-to-Image Generation* (Interspeech
2023), section 2.1:

    sound --BEATs, three of its layers joined--> features        (for speakers: an x-vector)     section 2.1, section 3
    features --two linear layers, attentive pooling--> token                                     equations 4-6
    "a photo of <sound>" --text encoder, the token in place of <sound>--> condition              figure 2
    noise --Stable Diffusion, frozen, guided by the condition--> picture                         equation 3

    system = hearsight.load("audiotoken", pipeline="FOLDER or hub id", embedder="embedder_learned_embeds.bin")
    system("bark.ogg", prompt="an oil painting of <sound>")
    system.together(["bark.ogg", "rain.ogg"], prompt="<sound> under <sound>")
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight.conditions.token import AudioTokenEmbedder, mix
from hearsight.device import usable_device
from hearsight.encoders.beats import BEATs
from hearsight.encoders.xvector import XVector
from hearsight.errors import ConfigError
from hearsight.generators.lora import LoRA
from hearsight.generators.sound_prompt import SOUND, require_sound
from hearsight.generators.stable_diffusion import StableDiffusion
from hearsight.picture import Picture
from hearsight.samplers.diffusion import scheduler_like
from hearsight.seeds import generator
from hearsight.sound.sound import Sound
from hearsight.systems.audiotoken_config import AudioTokenConfig, Sampling, debug, pocket, published
from hearsight.systems.audiotoken_parts import (
    new_encoder,
    open_pipeline,
    read_parts,
    require_ear,
    require_width,
)
from hearsight.systems.base import HEARD, Callback
from hearsight.systems.pipeline_system import PipelineSystem

__all__ = ["AudioToken", "AudioTokenConfig", "Sampling", "debug", "pocket", "published"]


class AudioToken(PipelineSystem):
    """Hears with BEATs (or x-vectors), speaks one word of it, and lets Stable Diffusion draw the sentence."""

    name = "audiotoken"
    config_class = AudioTokenConfig
    parts: ClassVar[Mapping[str, str]] = {
        "pipeline": "a Stable Diffusion folder or hub id",
        "embedder": "a trained folder, or embedder_learned_embeds.bin",
    }

    config: AudioTokenConfig

    def __init__(
        self,
        config: AudioTokenConfig,
        encoder: BEATs | XVector | None = None,
        embedder: AudioTokenEmbedder | None = None,
        diffusion: StableDiffusion | None = None,
        lora: LoRA | None = None,
    ) -> None:
        """A system of the given parts; those left out get random weights, a named pipeline is loaded."""
        self.config = config
        self.encoder: BEATs | XVector = encoder or new_encoder(config.encoder)
        self.embedder = embedder or AudioTokenEmbedder(config.embedder)
        require_ear(self.encoder, self.embedder)
        self.diffusion = diffusion or open_pipeline(config.pipeline, config.embedder.width)
        require_width(config.embedder.width, self.diffusion.width, config.pipeline)
        self.lora = lora or (LoRA(self.diffusion.pipeline.unet, config.lora.rank) if config.lora else None)
        self.components: dict[str, nn.Module] = {"encoder": self.encoder, "embedder": self.embedder}
        if self.lora:
            self.components["lora"] = self.lora
        for part in self.components.values():
            part.eval()

    # Hearing --------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def hear(self, sounds: Sequence[Sound], *, seed: int = 0) -> Float[Tensor, "sound width"]:
        """The token of every sound (equation 4).

        Args:
            seed: of what is dropped, where `config.embedder.stochastic`; other seeds then give other tokens.
        """
        rows = [self._token(sound, seed) for sound in sounds]
        return torch.cat(rows) if rows else torch.empty(0, self.config.embedder.width, device=self.device)

    def _token(self, sound: Sound, seed: int) -> Float[Tensor, "1 width"]:
        features = self.encoder.hear([sound])
        keep = None
        if self.config.embedder.stochastic:
            keep = self.embedder.draw_keep(features.shape[1], generator("token", seed, sound.sha256()))
            keep = keep.to(features.device)
        return self.embedder(features, keep)

    # Drawing --------------------------------------------------------------------------------------------------------

    def draw(
        self,
        condition: Float[Tensor, "picture *sound width"],
        *,
        seeds: Sequence[int],
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Image.Image]:
        """One picture per row of `condition`.

        A row is one token, which is heard at every `<sound>` of the prompt, or [sound, width]: one for each of them.
        """
        chosen = self.settings(**settings)
        tokens = condition[:, None] if condition.ndim == 2 else condition
        with torch.no_grad():
            text = self.diffusion.encode(chosen.pop("prompt"), tokens)
        return self._paint(text, seeds, callback, chosen)

    def draw_words(
        self, words: Sequence[str], *, seeds: Sequence[int], callback: Callback | None = None, **settings: Any
    ) -> list[Image.Image]:
        """The topline of the paper (table 1): the same prompt with a word in place of the sound, one picture each."""
        chosen = self.settings(**settings)
        prompt = chosen.pop("prompt")
        text = torch.cat([self.diffusion.encode(prompt.replace(SOUND, word)) for word in words])
        return self._paint(text, seeds, callback, chosen)

    def together(
        self,
        sounds: Sequence[str | Path | Sound],
        *,
        weights: Sequence[float] | None = None,
        pictures: int = 1,
        seed: int = 0,
        callback: Callback | None = None,
        **settings: Any,
    ) -> list[Picture]:
        """Pictures of several sounds at once, with the seeds `seed`, `seed + 1`, …

        A prompt with one `<sound>` gets a mixture of the tokens; with one for each sound, the n-th gets the n-th token.

        Args:
            weights: one per sound: its share of the mixture, or the factor of its own token. All 1 by default.

        Raises ConfigError for a prompt with another number of places, before anything is heard.
        """
        resolved = self.settings(**settings)
        shares = [1.0] * len(sounds) if weights is None else [float(weight) for weight in weights]
        places = resolved["prompt"].count(SOUND)
        if not sounds or places not in (1, len(sounds)):
            raise ConfigError(
                f"prompt={resolved['prompt']!r}: has {places} {SOUND} for {len(sounds)} sounds; write one for each, or "
                "a single one for their mixture."
            )
        if len(shares) != len(sounds) or not all(math.isfinite(share) for share in shares):
            raise ConfigError(f"weights={list(shares)}: give one finite number for each of the {len(sounds)} sounds.")
        heard = [Sound.read(source).require_audible() for source in sounds]
        tokens = self.hear(heard)
        row = mix(tokens, shares)[None] if places == 1 else tokens * torch.tensor(shares).to(tokens)[:, None]
        seeds = range(seed, seed + pictures)
        images = self.draw(row.expand(pictures, -1, -1), seeds=seeds, callback=callback, **resolved)
        told = [self.recipe(*each, seed, resolved) for each in zip(sounds, heard, tokens, strict=True)]
        recipe = {key: value for key, value in told[0].items() if key != "sound"}
        recipe |= {"sounds": [one["sound"] for one in told], "heard": [one["heard"] for one in told], "shares": shares}
        return [Picture(image, {**recipe, "seed": own}) for own, image in zip(seeds, images, strict=True)]

    def _paint(
        self,
        text: Float[Tensor, "picture token width"],
        seeds: Sequence[int],
        callback: Callback | None,
        chosen: dict[str, Any],
    ) -> list[Image.Image]:
        name, scale = chosen.pop("scheduler"), chosen.pop("lora_scale", 0.0)
        scheduler = scheduler_like(self.diffusion.pipeline.scheduler, name, chosen["steps"])

        with self.acting(scale):
            return self.diffusion.draw(text, seeds=seeds, scheduler=scheduler, callback=callback, **chosen)

    def acting(self, scale: float = 1.0) -> AbstractContextManager[None]:
        """A block in which the LoRA layers act, where the system has them."""
        return self.lora.at(scale) if self.lora else nullcontext()

    # Settings -------------------------------------------------------------------------------------------------------

    def defaults(self) -> Mapping[str, Any]:
        """The sampling settings and the side of the picture in pixels."""
        defaults = {**asdict(self.config.sampling), "size": self.diffusion.size}
        if self.lora is None:
            del defaults["lora_scale"]
        return defaults

    def settings(self, **given: Any) -> dict[str, Any]:
        """All settings of a drawing. Raises ConfigError for one that does not exist or cannot be."""
        chosen = super().settings(**given)
        self.diffusion.tokenise(require_sound(chosen["prompt"]))
        self.diffusion.tokenise(chosen["negative_prompt"].replace(SOUND, ""))
        if SOUND in chosen["negative_prompt"]:
            raise ConfigError(f"negative_prompt={chosen['negative_prompt']!r}: takes words only; leave out {SOUND}.")
        self.require_drawable(chosen)
        return chosen

    def recipe(
        self,
        source: str | Path | Sound,
        sound: Sound,
        condition: Float[Tensor, "*condition"],
        seed: int,
        settings: Mapping[str, Any],
    ) -> dict[str, Any]:
        """As every system's; what was heard is what the ear's own predictor says, where it has one."""
        recipe = super().recipe(source, sound, condition, seed, settings)
        recipe["heard"] = [[label, round(share, 3)] for label, share in self.named(sound)]
        return recipe

    def named(self, sound: Sound, top: int = HEARD) -> list[tuple[str, float]]:
        """The most probable classes of a sound, best first; empty where the ear has no names for what it hears."""
        if not isinstance(self.encoder, BEATs) or not self.encoder.config.labels:
            return []
        best = self.encoder.classify([sound])[0].topk(min(top, self.encoder.config.classes))
        labels = self.encoder.config.labels
        return [(labels[at], value) for value, at in zip(best.values.tolist(), best.indices.tolist(), strict=True)]

    # Loading and saving ---------------------------------------------------------------------------------------------

    @classmethod
    def assemble(  # type: ignore[override]  # the options that must be given are spelled out
        cls, *, pipeline: str | Path, embedder: str | Path, device: str | torch.device | None = None, **options: Any
    ) -> Self:
        """A system put together from published files; what cannot fit is found before anything large is read.

        Args:
            pipeline: a diffusers folder or hub id, Stable Diffusion 1.x or 2.x.
            embedder: `embedder_learned_embeds.bin`, or the folder of a trained AudioToken, which has its own ear.
            device: where to put it; by default a GPU where there is one, else the CPU.
            options: those of `audiotoken_parts.Published`.

        Raises:
            ConfigError: widths do not fit, or there is no such pipeline, device or option.
            WeightsError: a file is missing, or of another model.
        """
        if Path(embedder).is_dir():
            return cls.from_pretrained(embedder, device=device, pipeline=pipeline, **options)
        chosen = usable_device(device)
        parts = read_parts(str(pipeline), Path(embedder), **options)
        config = AudioTokenConfig(
            parts.encoder.config, parts.embedder.config, str(pipeline), parts.lora.config if parts.lora else None
        )
        system = cls(config, parts.encoder, parts.embedder, parts.diffusion, parts.lora)
        for part in system.components.values():
            part.requires_grad_(False)
        return system.to(chosen)

    @classmethod
    def _open(cls, place: str, config: Any, **loading: Any) -> StableDiffusion:
        return open_pipeline(place, config.embedder.width, **loading)
