"""Stable unCLIP pipelines of diffusers: Stable Diffusion that draws what an embedding of CLIP says, and a prompt.

The U-Net of Stable Diffusion 2.1 was trained on to listen to the embeddings of OpenCLIP's ViT-H, with noise added to
them (Ramesh et al., *Hierarchical Text-Conditional Image Generation with CLIP Latents*, 2022, the decoder of section
2.1). The pipeline normalises an embedding, adds the noise of `noise_level`, joins it with an encoding of that level and
adds both to the time encoding. Here the embedding is given; the pipeline's own eye is loaded, but not used.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from hearsight.errors import ConfigError
from hearsight.generators.diffusers_pipeline import load_pipeline, part_width
from hearsight.generators.stable_diffusion import StableDiffusion, shared_out

KIND = "Stable unCLIP"


class StableUnCLIP(StableDiffusion):
    """A pipeline, frozen, that draws embeddings."""

    @classmethod
    def open(cls, place: str | Path, *, width: int | None = None, dtype: torch.dtype = torch.float32) -> Self:
        """The pipeline in a diffusers folder or hub repository.

        Args:
            width: of the embeddings it is meant for. It is compared before any weights are read.
            dtype: type of the weights, e.g. float16 on a GPU.

        Raises ConfigError where there is no such pipeline, or it listens to embeddings of another width.
        """
        if width is not None:
            require_embed(width, embed_of(place), place)
        return cls(load_pipeline("StableUnCLIPImg2ImgPipeline", place, dtype, KIND))

    @property
    def embed(self) -> int:
        """Dimensions of the embeddings it draws."""
        return int(self.pipeline.image_normalizer.config.embedding_dim)

    @property
    def noise_levels(self) -> int:
        """How many levels of noise an embedding may be given; 0 is the least, and not quite none."""
        return int(self.pipeline.image_noising_scheduler.config.num_train_timesteps)

    @torch.no_grad()
    def draw(
        self,
        embeddings: Float[Tensor, "picture embed"],
        *,
        seeds: Sequence[int],
        scheduler: Any,
        prompt: str = "",
        negative_prompt: str = "",
        steps: int = 20,
        guidance: float = 10.0,
        noise_level: int = 0,
        size: int | None = None,
        batch: int = 1,
        callback: Callable[[int, int], None] | None = None,
    ) -> list[Image.Image]:
        """One picture per embedding.

        Args:
            seeds: one per picture; its starting noise, that of its embedding and all later noise come from it alone.
            scheduler: a diffusers scheduler that nobody else uses meanwhile, its timesteps set.
            prompt: words that the pictures should follow besides.
            negative_prompt: what the pictures are led away from.
            guidance: scale of classifier-free guidance; 1 draws without it. What is guided away from is no embedding.
            noise_level: how much of an embedding is drowned, 0 to `noise_levels` - 1; more noise, more variety.
            size: side in pixels, a multiple of `multiple`.
            batch: pictures drawn at once. More are quicker on a GPU, but may change the last digits of each.
            callback: called as (step, steps) after every step; what it raises ends the drawing.
        """
        own = self._own(scheduler)
        size = size or self.size
        text, against = self.encode(prompt), self.encode(negative_prompt)
        drawn: list[Image.Image] = []
        for rows, randoms in shared_out(embeddings, seeds, batch):
            # Unlike others, this pipeline takes the latents that it is given as they are.
            latents = self._beginnings(randoms, size) * scheduler.init_noise_sigma
            drawn += own(
                image_embeds=rows.to(self.device, text.dtype),
                prompt_embeds=text.expand(len(rows), -1, -1),
                negative_prompt_embeds=against.expand(len(rows), -1, -1),
                latents=latents.to(self.device, text.dtype),
                generator=randoms,
                height=size,
                width=size,
                num_inference_steps=steps,
                guidance_scale=guidance,
                noise_level=noise_level,
                callback=_counting(callback, len(scheduler.timesteps)),
            ).images
        return drawn


def embed_of(place: str | Path) -> int:
    """Dimensions of the embeddings that a pipeline (folder or hub id) draws, from its config alone."""
    return part_width(place, "image_normalizer", "embedding_dim", KIND)


def require_embed(embed: int, pipeline: int, place: object) -> None:
    """Raises ConfigError where embeddings are none of those that the pipeline draws."""
    if embed != pipeline:
        raise ConfigError(
            f"{place}: draws embeddings of {pipeline} dimensions, those of the sounds have {embed}; take two made for "
            "each other (1024: stable-diffusion-2-1-unclip)."
        )


def _counting(callback: Callable[[int, int], None] | None, steps: int) -> Callable[..., None] | None:
    """What the pipeline calls after a step; schedulers that take two evaluations for one would count it twice."""
    if callback is None:
        return None
    done = iter(range(1, steps + 1))
    return lambda *_: callback(next(done), steps)
