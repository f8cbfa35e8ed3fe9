"""The task of S2IGAN's first training: sentences and pictures into one space (equation 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from hearsight.encoders.speech_embedding import SpeechEmbedding
from hearsight.hub.network import save_network
from hearsight.training.distinctive_loss import distinctive_loss
from hearsight.training.matching_loss import BETA, Reduction, matching_loss


@dataclass(frozen=True)
class SpeechEmbeddingLoss:
    """What L_SEN is made of. The defaults are the published code's."""

    matching: float = 1.0
    """Weight of the matching loss."""
    distinctive: float = 1.0
    """Weight of the distinctive loss."""
    beta: float = BETA
    """Factor of the cosines in the matching loss."""
    mask: bool = True
    """Whether the matching loss leaves out other pairs of the same class (equation 2)."""
    reduction: Reduction = "mean"
    """`mean` over the batch as in the code, or `sum` as in the paper."""


class SpeechEmbeddingTask:
    """L_SEN = L_m + L_d.

    A batch is `spectrograms` [batch, frame, band] with their `lengths` (see `padded`), `classes`, and `pixels`
    [batch, 3, height, width] in [-1, 1]. The published Inception stays as it came; every other weight learns.
    """

    def __init__(self, network: SpeechEmbedding, loss: SpeechEmbeddingLoss | None = None) -> None:
        self.network, self.weights = network, loss or SpeechEmbeddingLoss()
        self.modules: nn.Module = network

    def loss(self, batch: dict[str, Any]) -> dict[str, Tensor]:
        """The loss, its two terms, and how often the nearest picture in the batch is of the sentence's class."""
        network, weights, classes = self.network, self.weights, batch["classes"]
        heard = network.speech(batch["spectrograms"], batch["lengths"])
        seen = network.picture(batch["pixels"])
        matching = matching_loss(
            heard, seen, classes if weights.mask else None, beta=weights.beta, reduction=weights.reduction
        )
        distinctive = distinctive_loss(
            network.classifier(heard), network.classifier(seen), classes, reduction=weights.reduction
        )
        with torch.no_grad():
            found = classes[(heard @ seen.mT).argmax(dim=1)] == classes
        return {
            "loss": weights.matching * matching + weights.distinctive * distinctive,
            "matching": matching,
            "distinctive": distinctive,
            "accuracy": found.float().mean(),
        }

    def finish(self, modules: nn.Module, out: Path) -> None:
        """Write the folder of the trained network."""
        save_network(out, "speech_embedding", modules)


def padded(
    spectrograms: Sequence[Float[Tensor, "frame band"]],
) -> tuple[Float[Tensor, "batch frame band"], Int[Tensor, " batch"]]:
    """Spectrograms as one batch, zeros after the shorter ones, and how long each is."""
    lengths = torch.tensor([len(spectrogram) for spectrogram in spectrograms])
    return pad_sequence(list(spectrograms), batch_first=True), lengths
