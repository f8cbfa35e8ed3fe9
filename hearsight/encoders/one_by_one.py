"""Encoding things one after the other, so that the company a thing is in never changes its numbers."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

Thing = TypeVar("Thing")
Encode = Callable[
    [Float[Tensor, "window time"], Bool[Tensor, "window time"] | None],
    Float[Tensor, "window *feature"],
]
"""Features of windows; the second argument is True on padding, None where there is none."""
WINDOWS_AT_ONCE = 8  # bounds the memory that a long sound takes


@torch.no_grad()
def encode_each(
    network: nn.Module,
    verb: str,
    shape: Sequence[int],
    things: Sequence[Thing],
    one: Callable[[Thing], Float[Tensor, "1 *feature"]],
) -> Float[Tensor, "thing *feature"]:
    """What a call of `one` gives for each of `things`; of `shape` after the first axis even where there are none.

    Raises ConfigError for a network in training mode, naming the `verb` that asked.
    """
    if network.training:
        raise ConfigError(f"{verb}: the model is in training mode, where a batch changes its numbers; call .eval().")
    rows = [one(thing).float() for thing in things]
    return torch.cat(rows) if rows else next(network.parameters()).new_empty(0, *shape)


def mean_over_windows(
    window: Window, sound: Sound, encode: Encode, device: torch.device
) -> Float[Tensor, "1 *feature"]:
    """The mean of the features of a sound's windows, a few at once so that a long sound takes no more memory."""
    clips = window.cut(sound)
    # Only a sound of a single window is padded. A tiled one is all there: its pauses are meant to be heard.
    padding = (~clips.mask).to(device) if window.short == "pad" and not clips.mask.all() else None
    parts = clips.samples.to(device).split(WINDOWS_AT_ONCE)
    return torch.cat([encode(part, padding) for part in parts]).mean(dim=0, keepdim=True)


def unit(embedding: Float[Tensor, "*batch embed"]) -> Float[Tensor, "*batch embed"]:
    """Each embedding divided by its L2 norm."""
    return embedding / embedding.norm(dim=-1, keepdim=True)
