"""Prompts in which sounds stand where words would: `"an oil painting of <sound>"`."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from hearsight.errors import ConfigError

SOUND = "<sound>"
"""The place of a sound in a prompt. A prompt may have several."""


@dataclass(frozen=True, eq=False)
class SoundPrompt:
    """A prompt as a text encoder reads it."""

    ids: Int[Tensor, "1 token"]
    """Tokens of the text. At the places of sounds any token stands in: its embedding will be overwritten."""
    places: tuple[int, ...]
    """Where in `ids` the sounds are, in the order of the prompt."""


def require_sound(prompt: str) -> str:
    """The prompt itself. Raises ConfigError where it has no place for a sound."""
    if SOUND not in prompt:
        raise ConfigError(f'prompt={prompt!r}: has no {SOUND}; say where the sound belongs, e.g. "a photo of {SOUND}".')
    return prompt


def tokenise(prompt: str, tokenizer: Any) -> SoundPrompt:
    """The tokens of `prompt`, between the tokenizer's start and end, padded to its full length.

    Each sound takes one token, as if the tokenizer knew it as a word. Raises ConfigError for a prompt that is too long.
    """
    ids, places = [tokenizer.bos_token_id], []
    for number, text in enumerate(prompt.split(SOUND)):
        if number:
            places.append(len(ids))
            ids.append(tokenizer.bos_token_id)
        ids += tokenizer(text, add_special_tokens=False).input_ids if text.strip() else []
    ids.append(tokenizer.eos_token_id)
    length = tokenizer.model_max_length
    if len(ids) > length:
        raise ConfigError(f"prompt={prompt!r}: has {len(ids) - 2} tokens, the text encoder reads {length - 2}; cut it.")
    padded = ids + [tokenizer.pad_token_id] * (length - len(ids))
    return SoundPrompt(torch.tensor([padded]), tuple(places))
