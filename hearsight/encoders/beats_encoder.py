"""The transformer of BEATs: a convolution that tells positions, then layers with gated attention and DeepNorm.

Wang et al.: "DeepNet: Scaling Transformers to 1,000 Layers" (2022): what passes by a layer is weighed with
alpha = (2N)^(1/4), and some of its weights start smaller by beta = (8N)^(-1/4), N being the number of layers.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from hearsight.encoders.beats_config import BEATsConfig
from hearsight.encoders.gated_attention import GatedAttention, RelativePosition


class PositionConvolution(nn.Module):
    """Tells each token where it is by what surrounds it; the weights are normalised per place in the kernel."""

    def __init__(self, width: int, kernel: int, groups: int) -> None:
        super().__init__()
        convolution = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=groups)
        nn.init.normal_(convolution.weight, std=math.sqrt(4 / (kernel * width)))
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]
        self.convolution = weight_norm(convolution, dim=2)

    def forward(self, tokens: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        """What is to be added to the tokens."""
        # An even kernel, padded on both sides, gives one token too many.
        return F.gelu(self.convolution(tokens.mT)[..., : tokens.shape[1]]).mT


class BEATsLayer(nn.Module):
    """Attention, then two linear maps; each is added to what passes by, and normalised."""

    def __init__(self, config: BEATsConfig) -> None:
        super().__init__()
        self.norm_first = config.norm_first
        self.alpha = (2 * config.layers) ** 0.25 if config.deep_norm else 1.0
        self.attention = GatedAttention(config.width, config.heads, config.gated, config.attention_dropout)
        self.attention_norm = nn.LayerNorm(config.width)
        self.widen = nn.Linear(config.width, config.hidden)
        self.narrow = nn.Linear(config.hidden, config.width)
        self.norm = nn.LayerNorm(config.width)
        self.activation = nn.GELU() if config.activation == "gelu" else nn.ReLU()
        self.dropout = nn.Dropout(config.dropout)
        self.activation_dropout = nn.Dropout(config.activation_dropout)

    def forward(
        self,
        tokens: Float[Tensor, "batch token width"],
        position: Float[Tensor, "head query key"] | None = None,
        padding: Bool[Tensor, "batch token"] | None = None,
    ) -> Float[Tensor, "batch token width"]:
        """The tokens after this layer."""
        if self.norm_first:
            tokens = tokens + self.dropout(self.attention(self.attention_norm(tokens), position, padding))
            return tokens + self._feed(self.norm(tokens))
        attended = self.dropout(self.attention(tokens, position, padding))
        tokens = self.attention_norm(self.alpha * tokens + attended)
        return self.norm(self.alpha * tokens + self._feed(tokens))

    def _feed(self, tokens: Float[Tensor, "batch token width"]) -> Float[Tensor, "batch token width"]:
        return self.dropout(self.narrow(self.activation_dropout(self.activation(self.widen(tokens)))))


class BEATsEncoder(nn.Module):
    """Tokens of patches in, tokens that know each other out."""

    def __init__(self, config: BEATsConfig) -> None:
        super().__init__()
        self.config = config
        self.position = PositionConvolution(config.width, config.position_kernel, config.position_groups)
        self.relative_position: RelativePosition | None = None
        if config.relative_position:
            self.relative_position = RelativePosition(config.heads, config.buckets, config.furthest)
        self.norm = nn.LayerNorm(config.width)
        self.layers = nn.ModuleList(BEATsLayer(config) for _ in range(config.layers))
        self.dropout = nn.Dropout(config.dropout)
        self._initialise()

    def forward(
        self, tokens: Float[Tensor, "batch token width"], padding: Bool[Tensor, "batch token"] | None = None
    ) -> tuple[Float[Tensor, "batch token joined"], Float[Tensor, "batch token width"]]:
        """The outputs of `config.joined` layers side by side, and the features after all of them."""
        config = self.config
        if padding is not None:
            tokens = tokens.masked_fill(padding[..., None], 0.0)
        tokens = tokens + self.position(tokens)
        if not config.norm_first:
            tokens = self.norm(tokens)
        tokens = self.dropout(tokens)
        position = None if self.relative_position is None else self.relative_position(tokens.shape[1])
        outputs = []
        for layer in self.layers:
            if self.training:
                tokens = _decay_gradient(tokens, config.gradient_decay)
            if not self.training or torch.rand(()) >= config.layer_dropout:
                tokens = layer(tokens, position, padding)
            outputs.append(tokens)
        joined = torch.cat([outputs[index] for index in config.joined], dim=-1)
        return joined, self.norm(tokens) if config.norm_first else tokens

    def _initialise(self) -> None:
        for module in self.layers.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        if self.relative_position is not None:
            nn.init.normal_(self.relative_position.table.weight, std=0.02)
        beta = (8 * self.config.layers) ** -0.25 if self.config.deep_norm else 1.0
        for layer in self.layers:
            assert isinstance(layer, BEATsLayer)
            attention = layer.attention
            for linear in (attention.query, attention.key):
                nn.init.xavier_normal_(linear.weight)
            for linear in (attention.value, attention.out, layer.widen, layer.narrow):
                nn.init.xavier_normal_(linear.weight, gain=beta)


def _decay_gradient(tokens: Float[Tensor, "batch token width"], ratio: float) -> Float[Tensor, "batch token width"]:
    """`tokens` as they are, their gradient multiplied by `ratio`."""
    kept = tokens.detach()
    return tokens if ratio == 1 else kept + ratio * (tokens - kept)
