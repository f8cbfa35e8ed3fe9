"""CLIP's text transformer, the text head of AudioCLIP (Radford et al. 2021, section 2.4)."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class CLIPTextConfig:
    """A CLIP text head. The defaults are those of CLIP's RN50, which the published AudioCLIP uses."""

    layers: int = 12
    """Transformer blocks."""
    width: int = 512
    """Channels of a token."""
    heads: int = 8
    """Attention heads."""
    context: int = 77
    """Tokens of the longest text, start and end included."""
    vocabulary: int = 49408
    """Different tokens; the largest one ends a text."""
    tokenizer: Literal["clip", "bytes"] = "clip"
    """How text becomes tokens: CLIP's byte pairs (a vocabulary the user supplies) or plain bytes."""


class CLIPText(nn.Module):
    """Tokens to embeddings, without normalisation: what the transformer says at the end token."""

    def __init__(self, config: CLIPTextConfig, embed: int) -> None:
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocabulary, config.width)
        self.positional_embedding = nn.Parameter(torch.empty(config.context, config.width))
        self.blocks = nn.ModuleList(Block(config.width, config.heads, config.layers) for _ in range(config.layers))
        self.ln_final = nn.LayerNorm(config.width)
        self.text_projection = nn.Parameter(torch.empty(config.width, embed))
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.positional_embedding, std=0.01)
        nn.init.normal_(self.text_projection, std=config.width**-0.5)

    def forward(self, tokens: Int[Tensor, "batch token"]) -> Float[Tensor, "batch embed"]:
        """Embeddings of token rows. Attention is causal, so whatever follows the end token has no influence."""
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        end = tokens.argmax(dim=1)  # the end token has the largest number
        return self.ln_final(x[torch.arange(len(x), device=x.device), end]) @ self.text_projection


class Block(nn.Module):
    """A transformer block with normalisation before attention and before the two-layer network."""

    def __init__(self, width: int, heads: int, layers: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = CausalAttention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width)
        # CLIP's start: the residual stream keeps its size however deep the transformer is.
        nn.init.normal_(self.attn.in_proj.weight, std=width**-0.5)
        nn.init.normal_(self.attn.out_proj.weight, std=width**-0.5 * (2 * layers) ** -0.5)
        nn.init.normal_(self.mlp.c_fc.weight, std=(2 * width) ** -0.5)
        nn.init.normal_(self.mlp.c_proj.weight, std=width**-0.5 * (2 * layers) ** -0.5)

    def forward(self, x: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class CausalAttention(nn.Module):
    """Multi-head self-attention in which a token sees itself and what came before it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj = nn.Linear(width, 3 * width)
        self.out_proj = nn.Linear(width, width)
        nn.init.zeros_(self.in_proj.bias)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, x: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.in_proj(x).chunk(3, dim=-1)
        )  # each [batch, head, token, width / head]
        attended = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.out_proj(attended.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """Two linear layers around CLIP's quick approximation of GELU, x * sigmoid(1.702 x)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.c_fc = nn.Linear(width, 4 * width)
        self.c_proj = nn.Linear(4 * width, width)

    def forward(self, x: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        x = self.c_fc(x)
        return self.c_proj(x * torch.sigmoid(1.702 * x))
