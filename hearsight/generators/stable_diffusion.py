"""Any Stable Diffusion pipeline of diffusers (1.x, 2.x, or one's own), its text encoder open to words that are sounds.

Rombach et al., *High-Resolution Image Synthesis with Latent Diffusion Models* (CVPR 2022). The pipeline itself draws:
what it can do, its schedulers, its savings of memory, are those of diffusers. Here a prompt becomes what the pipeline
listens to. At the place of each `<sound>` the embedding of the token is overwritten; the embedding of its position is
added afterwards, as with any word (section 2.1 of AudioToken, and its code).

Nothing that a call changes is shared: threads may draw with one pipeline at once.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor, nn

from hearsight.errors import ConfigError
from hearsight.generators.diffusers_pipeline import load_pipeline, part_width
from hearsight.generators.sound_prompt import SOUND, SoundPrompt, tokenise
from hearsight.seeds import generator, noise

Offload = Literal["model", "sequential"]
REMEMBERED = 64
"""How many texts a pipeline keeps encoded."""

_INJECTED: ContextVar[tuple[tuple[int, ...], Tensor] | None] = ContextVar("injected", default=None)
"""Places in the prompt and the tokens [batch, place, width] that this thread puts there just now."""


class StableDiffusion:
    """A pipeline, frozen, that understands `<sound>`."""

    def __init__(self, pipeline: Any) -> None:
        """Of a `StableDiffusionPipeline`, whose networks are frozen here; diffusers hides its types from checkers."""
        self.pipeline = pipeline
        self._offloaded = False
        self.pipeline.set_progress_bar_config(disable=True)
        for part in self.parts().values():
            part.eval().requires_grad_(False)
        self.pipeline.text_encoder.get_input_embeddings().register_forward_hook(_inject)
        self.tokenise: Callable[[str], SoundPrompt] = lru_cache(REMEMBERED)(self._tokenised)
        """The tokens of a prompt and the places of its sounds. Raises ConfigError for one that is too long."""
        self._read: Callable[[str], Tensor] = lru_cache(REMEMBERED)(self._encoded)

    @classmethod
    def open(cls, place: str | Path, *, width: int | None = None, dtype: torch.dtype = torch.float32) -> Self:
        """The pipeline in a diffusers folder or hub repository.

        Args:
            width: of the tokens it is meant for. It is compared before any weights are read.
            dtype: type of the weights, e.g. float16 on a GPU.

        Raises ConfigError where there is no such pipeline, or its text encoder has words of another width.
        """
        found = word_width(place)
        if width is not None and width != found:
            raise ConfigError(
                f"{place}: its words have a width of {found}, the embedder's tokens of {width}; take two made for each "
                "other (768: Stable Diffusion 1.x, 1024: 2.x)."
            )
        return cls(load_pipeline("StableDiffusionPipeline", place, dtype))

    # What it is made of ---------------------------------------------------------------------------------------------

    def parts(self) -> dict[str, nn.Module]:
        """Its networks by name."""
        parts = self.pipeline.components.items()
        return {name: part for name, part in parts if isinstance(part, nn.Module)}

    @property
    def device(self) -> torch.device:
        """Where it computes; while diffusers offloads it, its parts may be elsewhere."""
        return torch.device(self.pipeline._execution_device)

    @property
    def width(self) -> int:
        """Of a word of the text encoder, and so of a token."""
        return int(self.pipeline.text_encoder.config.hidden_size)

    @property
    def size(self) -> int:
        """Side of the pictures it was made for, in pixels."""
        return int(self.pipeline.unet.config.sample_size) * self.multiple

    @property
    def multiple(self) -> int:
        """Pixels along one side of a latent; sizes are multiples of it."""
        return int(self.pipeline.vae_scale_factor)

    def to(self, device: str | torch.device) -> Self:
        """Move it, unless diffusers offloads it by itself; returns itself."""
        if not self._offloaded:
            self.pipeline.to(device)
        self._read.cache_clear()  # type: ignore[attr-defined]
        return self

    def spare_memory(self, *, attention_slicing: bool = False, offload: Offload | None = None) -> Self:
        """Draw with less memory, as diffusers does it: more slowly.

        Args:
            attention_slicing: compute attention in slices.
            offload: keep in the GPU only the network (`model`) or the layers (`sequential`) at work; needs accelerate.
        """
        if attention_slicing:
            self.pipeline.enable_attention_slicing()
        if offload == "model":
            self.pipeline.enable_model_cpu_offload()
        elif offload == "sequential":
            self.pipeline.enable_sequential_cpu_offload()
        elif offload is not None:
            raise ConfigError(f"offload={offload!r}: there is none of this name; known: model, sequential.")
        self._offloaded = offload is not None
        return self

    # From a prompt to what the U-Net listens to ---------------------------------------------------------------------

    def encode(
        self, prompt: str, tokens: Float[Tensor, "batch sound width"] | None = None
    ) -> Float[Tensor, "batch token width"]:
        """The prompt as the text encoder understands it, once per row of `tokens`; gradients flow into these.

        The n-th `<sound>` of the prompt becomes the n-th token of the row; a row of one token is heard at every place.
        Raises ConfigError where the prompt has no such number of places.
        """
        asked = self.tokenise(prompt)
        places = len(asked.places)
        if tokens is None and not places:
            return self._read(prompt)
        if tokens is None or not places or tokens.shape[1] not in (1, places):
            given = 0 if tokens is None else tokens.shape[1]
            raise ConfigError(f"prompt={prompt!r}: has {places} {SOUND} for {given} sounds; write one for each.")
        if tokens.shape[2] != self.width:
            raise ConfigError(f"tokens of width {tokens.shape[2]}: the text encoder has words of width {self.width}.")
        rows = tokens.to(self.device).expand(-1, places, -1)
        with _injecting(asked.places, rows):
            return self._hidden(asked).to(self._dtype)

    def _tokenised(self, prompt: str) -> SoundPrompt:
        return tokenise(prompt, self.pipeline.tokenizer)

    @torch.no_grad()
    def _encoded(self, text: str) -> Float[Tensor, "1 token width"]:
        return self._hidden(self.tokenise(text)).to(self._dtype)

    def _hidden(self, prompt: SoundPrompt) -> Float[Tensor, "batch token width"]:
        """The last hidden state, as all these pipelines listen to."""
        injected = _INJECTED.get()
        batch = len(injected[1]) if injected else 1
        hidden: Tensor = self.pipeline.text_encoder(prompt.ids.to(self.device).expand(batch, -1))[0]
        return hidden

    @property
    def _dtype(self) -> torch.dtype:
        return self.pipeline.unet.dtype

    # Drawing --------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def draw(
        self,
        text: Float[Tensor, "picture token width"],
        *,
        seeds: Sequence[int],
        scheduler: Any,
        negative_prompt: str = "",
        steps: int = 50,
        guidance: float = 7.5,
        size: int | None = None,
        batch: int = 1,
        callback: Callable[[int, int], None] | None = None,
    ) -> list[Image.Image]:
        """One picture per row of `text`.

        Args:
            seeds: one per picture; its starting noise and all later noise come from it alone, drawn on the CPU.
            scheduler: a diffusers scheduler that nobody else uses meanwhile.
            negative_prompt: what the picture is led away from.
            guidance: scale of classifier-free guidance; 1 draws without it.
            size: side in pixels, a multiple of `multiple`.
            batch: pictures drawn at once. More are quicker on a GPU, but may change the last digits of each.
            callback: called as (step, steps) after every step; what it raises ends the drawing.
        """
        own = self._own(scheduler)
        size = size or self.size
        against = self.encode(negative_prompt)
        drawn: list[Image.Image] = []
        for rows, randoms in shared_out(text, seeds, batch):
            drawn += own(
                prompt_embeds=rows.to(self.device),
                negative_prompt_embeds=against.expand(len(rows), -1, -1),
                latents=self._beginnings(randoms, size).to(rows.dtype),
                generator=randoms,
                height=size,
                width=size,
                num_inference_steps=steps,
                guidance_scale=guidance,
                callback_on_step_end=_reporting(callback),
            ).images
        return drawn

    def _own(self, scheduler: Any) -> Any:
        """The pipeline for one call: it shares the networks, but not the state of the call."""
        own = copy.copy(self.pipeline)
        own.scheduler = scheduler
        return own

    def _beginnings(
        self, randoms: Sequence[torch.Generator], size: int
    ) -> Float[Tensor, "picture channel height width"]:
        """The noise that pictures of `size` pixels begin as, each from its own generator."""
        shape = (1, self.pipeline.unet.config.in_channels, size // self.multiple, size // self.multiple)
        return torch.cat([noise(shape, random) for random in randoms])


def shared_out(
    rows: Float[Tensor, "picture *feature"], seeds: Sequence[int], batch: int
) -> Iterator[tuple[Float[Tensor, "some *feature"], list[torch.Generator]]]:
    """Some rows at once, each with a generator of its seed. Raises ConfigError unless there is a seed for each."""
    if len(seeds) != len(rows):
        raise ConfigError(f"{len(seeds)} seeds for {len(rows)} pictures: give one seed for each.")
    for first in range(0, len(seeds), batch):
        yield rows[first : first + batch], [generator(seed) for seed in seeds[first : first + batch]]


def word_width(place: str | Path) -> int:
    """The width of the words of a pipeline (folder or hub id), from its config alone. Errors as of `open`."""
    return part_width(place, "text_encoder", "hidden_size")


@contextmanager
def _injecting(places: tuple[int, ...], tokens: Float[Tensor, "batch place width"]) -> Iterator[None]:
    before = _INJECTED.set((places, tokens))
    try:
        yield
    finally:
        _INJECTED.reset(before)


def _inject(embeddings: nn.Module, inputs: Any, output: Float[Tensor, "batch token width"]) -> Tensor | None:
    """Forward hook of the table of words: puts sounds where they belong, for this thread alone."""
    injected = _INJECTED.get()
    if injected is None:
        return None
    places, tokens = injected
    return output.index_copy(1, torch.tensor(places, device=output.device), tokens.to(output))


def _reporting(callback: Callable[[int, int], None] | None) -> Any:
    if callback is None:
        return None

    def report(pipeline: Any, step: int, timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
        callback(step + 1, pipeline.num_timesteps)
        return {}

    return report
