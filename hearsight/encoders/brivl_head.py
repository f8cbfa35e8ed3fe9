"""What BriVL does with the parts of a picture or a sound: let them look at each other, average, project.

Fei et al.: "Towards artificial general intelligence via a multimodal foundation model" (Nature Communications 2022);
WavBriVL, section 2.2, equations 1 to 3, uses the same for sounds.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class BriVLHeadConfig:
    """The self-attention block. The defaults are those of the published code and of WavBriVL's text."""

    layers: int = 4
    """Transformer encoder layers."""
    heads: int = 4
    """Attention heads of each layer."""
    feedforward: int = 2048
    """Width of each layer's feed forward network."""
    dropout: float = 0.1
    """Dropout in each layer."""


class BriVLHead(nn.Module):
    """Self-attention block, mean and MLP block: parts in, one embedding out. Parts have no order."""

    def __init__(self, config: BriVLHeadConfig, width: int, embed: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, config.heads, config.feedforward, config.dropout, batch_first=True)
            for _ in range(config.layers)
        )
        self.fc1 = nn.Linear(width, embed)
        self.fc2 = nn.Linear(embed, embed)

    def forward(
        self, parts: Float[Tensor, "batch part width"], mask: Bool[Tensor, "batch part"] | None = None
    ) -> Float[Tensor, "batch embed"]:
        """Embeddings, not normalised. `mask` is False on parts that are padding; every row needs one that is not."""
        return self.project(mean(self.attend(parts, mask), mask))

    def attend(
        self, parts: Float[Tensor, "batch part width"], mask: Bool[Tensor, "batch part"] | None = None
    ) -> Float[Tensor, "batch part width"]:
        """Equations 1 and 2: layers normalised after each residual sum. What padding becomes has no meaning."""
        for layer in self.layers:
            parts = layer(parts, src_key_padding_mask=None if mask is None else ~mask)
        return parts

    def project(self, mean: Float[Tensor, "batch width"]) -> Float[Tensor, "batch embed"]:
        """The MLP block: two layers with a ReLU between them."""
        return self.fc2(functional.relu(self.fc1(mean)))


def mean(
    parts: Float[Tensor, "batch part width"], mask: Bool[Tensor, "batch part"] | None = None
) -> Float[Tensor, "batch width"]:
    """Equation 3: the mean of the parts that are not padding."""
    if mask is None:
        return parts.mean(dim=1)
    # Not a product with the mask: torch's fast path may leave anything at padding, and 0 * nan is nan.
    kept = torch.where(mask[:, :, None], parts, parts.new_zeros(()))
    return kept.sum(dim=1) / mask.sum(dim=1, keepdim=True)
