"""Text to token numbers for the text heads: plain bytes, or CLIP's byte pairs. In both the end token is the largest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import torch
from jaxtyping import Int
from torch import Tensor

from hearsight.errors import ConfigError, WeightsError

PADDING = 0


class Tokenizer(Protocol):
    """What a text head needs of a tokenizer."""

    def __call__(self, texts: Sequence[str]) -> Int[Tensor, "text token"]:
        """One row of token numbers per text, padded to the context the tokenizer was made for."""


class ByteTokenizer:
    """UTF-8 bytes as tokens: needs no vocabulary, knows every language and mistakes none."""

    START = 257  # a byte b is token b + 1, so that padding can be 0
    END = 258
    VOCABULARY = 259

    def __init__(self, context: int) -> None:
        self.context = context

    def __call__(self, texts: Sequence[str]) -> Int[Tensor, "text token"]:
        """Token rows; letters are lowered and runs of white space become one space. Refuses what does not fit."""
        rows = [[self.START, *(byte + 1 for byte in _clean(text).encode()), self.END] for text in texts]
        return _padded(rows, texts, self.context)


class CLIPTokenizer:
    """CLIP's byte pair encoding, read through transformers from a vocabulary that the user supplies."""

    def __init__(self, folder: Path | str, context: int = 77) -> None:
        """Read `folder`/vocab.json and `folder`/merges.txt, which accompany every CLIP model on the Hugging Face hub.

        Raises WeightsError when they are absent or not CLIP's.
        """
        folder = Path(folder)
        missing = [name for name in ("vocab.json", "merges.txt") if not (folder / name).is_file()]
        if missing:
            raise WeightsError(
                f"{folder}: no {' and no '.join(missing)}; give the folder of CLIP's vocabulary, "
                "e.g. one that holds these two files of openai/clip-vit-base-patch32."
            )
        from transformers import CLIPTokenizer as Pairs

        self.context = context
        self._pairs = Pairs.from_pretrained(folder, local_files_only=True)
        if self._pairs.eos_token_id != len(self._pairs) - 1:
            raise WeightsError(
                f"{folder}: the end token is number {self._pairs.eos_token_id} of {len(self._pairs)}, but CLIP's text "
                "head reads its answer at the largest token; use CLIP's own vocab.json."
            )

    def __call__(self, texts: Sequence[str]) -> Int[Tensor, "text token"]:
        """Token rows, start and end token included, padded with 0. Refuses what does not fit."""
        rows = [self._pairs(_clean(text))["input_ids"] for text in texts]
        return _padded(rows, texts, self.context)


def _clean(text: str) -> str:
    return " ".join(text.lower().split())


def _padded(rows: Sequence[Sequence[int]], texts: Sequence[str], context: int) -> Int[Tensor, "text token"]:
    for row, text in zip(rows, texts, strict=True):
        if len(row) > context:
            raise ConfigError(f"{text!r}: {len(row)} tokens, but the text head takes at most {context}; shorten it.")
    return torch.tensor([[*row, *[PADDING] * (context - len(row))] for row in rows]).reshape(len(rows), context)
