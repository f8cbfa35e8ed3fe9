"""Attention that knows distances, and whose queries decide how much they matter: the gated relative position bias.

Chen et al.: "BEATs: Audio Pre-Training with Acoustic Tokenizers" (2022), section 3.1, after WavLM (2021), section III.
Both share the formula but not its input: here the gate reads the projected query, in WavLM it reads the layer's input.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

GATES = 2  # how much of the bias is used, and how much of it is reset
PARTS = 4  # numbers that are summed for each gate


class RelativePosition(nn.Module):
    """One learned number per head and kind of distance; all layers share it."""

    def __init__(self, heads: int, buckets: int, furthest: int) -> None:
        super().__init__()
        self.buckets, self.furthest = buckets, furthest
        self.table = nn.Embedding(buckets, heads)

    def forward(self, tokens: int) -> Float[Tensor, "head query key"]:
        """What each head adds to the score of a key at some place for a query at another."""
        # On the CPU wherever the table is: a logarithm rounded differently would move a distance to its neighbour.
        distances = torch.arange(1 - tokens, tokens, device="cpu")
        device = self.table.weight.device
        by_distance = self.table(bucket(distances, self.buckets, self.furthest).to(device)).mT  # [head, distance]
        places = torch.arange(tokens, device=device)
        return by_distance[:, places - places[:, None] + tokens - 1]


def bucket(distance: Int[Tensor, "*any"], buckets: int, furthest: int) -> Int[Tensor, "*any"]:
    """The kind of a distance (key minus query), from 0 to `buckets` - 1, as in T5 (Raffel et al. 2020).

    Half of the kinds are for keys after the query. Of each half, the first half are single distances; the others grow
    logarithmically up to `furthest`, from which on all distances are one kind.
    """
    side = buckets // 2
    single = side // 2
    length = distance.abs()
    growth = (length.clamp(min=single).float() / single).log() / math.log(furthest / single)
    grown = (single + (growth * (side - single)).long()).clamp(max=side - 1)
    return torch.where(length < single, length, grown) + side * (distance > 0)


class GatedAttention(nn.Module):
    """Multi-head attention of every token to every token, with a relative position bias that each query gates."""

    def __init__(self, width: int, heads: int, gated: bool = True, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)
        self.gate: nn.Linear | None = None
        if gated:
            self.gate = nn.Linear(width // heads, GATES * PARTS)
            self.gate_scale = nn.Parameter(torch.ones(1, heads, 1, 1))

    def forward(
        self,
        tokens: Float[Tensor, "batch token width"],
        position: Float[Tensor, "head query key"] | None = None,
        padding: Bool[Tensor, "batch token"] | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """What each token gathered from those that are not `padding`."""
        query, key, value = (self._split(project(tokens)) for project in (self.query, self.key, self.value))
        attended = F.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask=self._bias(query, position, padding),
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out(attended.transpose(1, 2).flatten(2))

    def _bias(
        self,
        query: Float[Tensor, "batch head query part"],
        position: Float[Tensor, "head query key"] | None,
        padding: Bool[Tensor, "batch key"] | None,
    ) -> Tensor | None:
        """What is added to the scores: [batch, head, query, key], or something that broadcasts to it."""
        bias = None if position is None else position[None].to(query.dtype)
        if bias is not None and self.gate is not None:
            bias = self._gate(query).to(query.dtype) * bias
        if padding is None:
            return bias
        hidden = padding[:, None, None, :]
        if bias is None:
            return ~hidden  # a boolean mask says who takes part
        return bias.masked_fill(hidden, -math.inf)

    def _gate(self, query: Float[Tensor, "batch head query part"]) -> Float[Tensor, "batch head query 1"]:
        """How much each query takes of the bias: between nothing reset (1 + its use) and twice as much."""
        assert self.gate is not None
        use, reset = self.gate(query).unflatten(-1, (GATES, PARTS)).sum(dim=-1).sigmoid().split(1, dim=-1)
        return use * (reset * self.gate_scale - 1) + 2

    def _split(self, tokens: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch head token part"]:
        return tokens.unflatten(-1, (self.heads, -1)).transpose(1, 2)
