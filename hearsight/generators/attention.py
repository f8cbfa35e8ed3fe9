"""Attention between the pixels of a feature map, and from the pixels to a condition (Rombach et al., section 3.3)."""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class SelfAttention(nn.Module):
    """Multi-head attention of every token to every token."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query_key_value = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        """What each token gathered from all of them."""
        query, key, value = (_split(part, self.heads) for part in self.query_key_value(tokens).chunk(3, dim=-1))
        return self.out(_join(F.scaled_dot_product_attention(query, key, value)))


class CrossAttention(nn.Module):
    """Multi-head attention of every token to the tokens of a condition.

    With a single condition token the softmax is 1 everywhere: every pixel then receives the same vector.
    """

    def __init__(self, width: int, condition_width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(condition_width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(
        self, tokens: Float[Tensor, "batch token width"], condition: Float[Tensor, "batch part condition_width"]
    ) -> Float[Tensor, "batch token width"]:
        """What each token heard in the condition."""
        key, value = (_split(part, self.heads) for part in self.key_value(condition).chunk(2, dim=-1))
        return self.out(_join(F.scaled_dot_product_attention(_split(self.query(tokens), self.heads), key, value)))


class AttentionBlock(nn.Module):
    """Self-attention over pixels, attention to the condition, then a small MLP; each normalised and added.

    `condition_width=None` leaves the condition out, which is Capelle's block.
    """

    def __init__(self, width: int, heads: int, expansion: int = 1, condition_width: int | None = None) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(width)
        self.self_attention = SelfAttention(width, heads)
        self.cross_attention: CrossAttention | None = None
        if condition_width is not None:
            self.cross_norm = nn.LayerNorm(width)
            self.cross_attention = CrossAttention(width, condition_width, heads)
        self.mlp_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, expansion * width)
        self.narrow = nn.Linear(expansion * width, width)

    def forward(
        self,
        features: Float[Tensor, "batch width height across"],
        condition: Float[Tensor, "batch part condition_width"],
    ) -> Float[Tensor, "batch width height across"]:
        """`features` after their pixels looked at each other and at `condition`."""
        height = features.shape[2]
        tokens = features.flatten(2).transpose(1, 2)  # [batch, token, width], a view when channels come last
        tokens = tokens + self.self_attention(self.self_norm(tokens))
        if self.cross_attention is not None:
            tokens = tokens + self.cross_attention(self.cross_norm(tokens), condition)
        tokens = tokens + self.narrow(F.gelu(self.widen(self.mlp_norm(tokens))))
        return tokens.transpose(1, 2).unflatten(2, (height, -1))


def _split(tokens: Float[Tensor, "batch token width"], heads: int) -> Float[Tensor, "batch heads token part"]:
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)


def _join(tokens: Float[Tensor, "batch heads token part"]) -> Float[Tensor, "batch token width"]:
    return tokens.transpose(1, 2).flatten(2)
