"""The task of aligning AudioCLIP's heads: which of them learn, and the loss they learn by."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from hearsight.encoders.audioclip import AudioCLIP, temperature
from hearsight.encoders.esresnext import ESResNeXt
from hearsight.encoders.one_by_one import unit
from hearsight.hub.network import save_network

Strategy = Literal["text", "frozen_image", "mutual_image", "all"]
Positives = Literal["class", "pair"]

HEADS: dict[Strategy, tuple[str, ...]] = {
    "text": ("audio", "text"),
    "frozen_image": ("audio", "image"),
    "mutual_image": ("audio", "image"),
    "all": ("audio", "image", "text"),
}
"""Which heads are compared."""
TRAINED: dict[Strategy, tuple[str, ...]] = {
    "text": ("audio",),
    "frozen_image": ("audio",),
    "mutual_image": ("audio", "image"),
    "all": ("audio", "image", "text"),
}
"""Which of them learn."""


class AlignTask:
    """The symmetric contrastive loss of AudioCLIP's heads, softened where sounds were mixed or classes repeat."""

    def __init__(self, model: AudioCLIP, strategy: Strategy, positives: Positives) -> None:
        self.model, self.positives = model, positives
        convert_conv2d_weight_memory_format(model.image, torch.channels_last)
        self.heads, self.trained = HEADS[strategy], TRAINED[strategy]
        model.requires_grad_(False)
        for head in self.trained:
            getattr(model, head).requires_grad_(True)
        for first, second in _pairs_of(self.heads):
            if {first, second} & set(self.trained):
                _scale(model, first, second).requires_grad_(True)
        self.modules: nn.Module = model

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, and how often the likeliest text or picture of a sound is of its class.

        The loss of an ESResNe(X)t-fbsp head includes `norm_loss`, the penalty on its learned spectrogram's kernels.
        """
        model, classes = self.model, batch["classes"]
        for head in set(self.heads) - set(self.trained):
            getattr(model, head).eval()  # a frozen head's running statistics are frozen, too
        units = {head: unit(embedding.float()) for head, embedding in self._embeddings(batch).items()}
        alike = classes[:, None] == classes if self.positives == "class" else torch.eye(len(classes)) > 0
        right = alike.float().to(classes.device)
        share = batch["share"][:, None]
        heard = share * right + (1 - share) * right[batch["other"]]
        scalars: dict[str, Tensor] = {}
        losses = []
        with torch.autocast(classes.device.type, enabled=False):
            for first, second in _pairs_of(self.heads):
                logits = temperature(_scale(model, first, second)) * units[first] @ units[second].mT
                losses.append(soft_contrast(logits, heard if first == "audio" else right))
                if first == "audio":
                    found = classes[logits.argmax(dim=1)] == classes
                    scalars[f"accuracy_{second}"] = found.float().mean()
            # The published divisor: a single pair stays a sum of two terms, three pairs become the mean of six.
            scalars["loss"] = torch.stack(losses).sum() / (1 if len(losses) == 1 else 6)
            if isinstance(model.audio, ESResNeXt):
                scalars["norm_loss"] = model.audio.norm_loss()
                scalars["loss"] = scalars["loss"] + scalars["norm_loss"]
        return scalars

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the folder of the AudioCLIP and keep its final weights for measuring."""
        save_network(out, "audioclip", modules)
        self.model.load_state_dict(modules.state_dict())
        self.model.eval()

    def _embeddings(self, batch: dict[str, Any]) -> dict[str, Float[Tensor, "batch embed"]]:
        model = self.model
        heard = model.encode_audio(batch["waveform"]) if "waveform" in batch else None
        embeddings = {"audio": model.audio.encode(batch["spectrogram"]) if heard is None else heard}  # type: ignore[operator]
        if "image" in self.heads:
            pixels = batch["pixels"].contiguous(memory_format=torch.channels_last)
            embeddings["image"] = model.encode_image(pixels)
        if "text" in self.heads:
            tokens = batch["tokens"]  # the largest one ends a text; after the longest there is padding alone
            embeddings["text"] = model.encode_text(tokens[:, : int(tokens.argmax(dim=1).max()) + 1])
        return embeddings


def soft_contrast(logits: Float[Tensor, "row column"], right: Float[Tensor, "row column"]) -> Float[Tensor, ""]:
    """Cross entropy over rows plus that over columns, with the right answers of each shared out in proportion.

    With `right` the identity this is CLIP's symmetric loss (times two).
    """
    rows = right / right.sum(dim=1, keepdim=True)
    columns = right / right.sum(dim=0, keepdim=True)
    over_rows = -(rows * logits.log_softmax(dim=1)).sum(dim=1).mean()
    over_columns = -(columns * logits.log_softmax(dim=0)).sum(dim=0).mean()
    return over_rows + over_columns


def _pairs_of(heads: Sequence[str]) -> list[tuple[str, str]]:
    return [(first, second) for index, first in enumerate(heads) for second in heads[index + 1 :]]


def _scale(model: AudioCLIP, first: str, second: str) -> nn.Parameter:
    scale: nn.Parameter = getattr(model, f"scale_{first}_{second}")
    return scale
