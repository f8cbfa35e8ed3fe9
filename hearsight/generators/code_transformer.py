"""A transformer that tells which code of a VQGAN comes next: what pictures there are, code by code.

Esser, Rombach, Ommer, "Taming Transformers for High-Resolution Image Synthesis" (2021), section 3.2: the codes of a
picture are read row by row, and each is predicted from those before it. The network is transformers' GPT-2, the same
blocks as the published code's. What is sampled from it (`samplers/codes.py`) looks like a picture of the kind it learnt
from, whereas codes drawn at random look like nothing: a better place for a search to begin, and all that the published
code of VQGAN-BriVL has.
"""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from hearsight.errors import ConfigError
from hearsight.generators.vqgan import VQGANConfig


@dataclass(frozen=True)
class CodeTransformerConfig:
    """The shape of a transformer. The defaults are the size that VQGAN-BriVL's code trains, over VQGAN ImageNet f16."""

    codes: int = 1024
    """Rows of the VQGAN's codebook."""
    side: int = 16
    """Codes in a row, and rows."""
    width: int = 512
    """Channels of a code."""
    layers: int = 8
    """Transformer blocks."""
    heads: int = 8
    """Attention heads."""
    dropout: float = 0.0
    """Probability that a channel is left out in training."""

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ConfigError(f"width={self.width}: cannot be split among {self.heads} heads; use a multiple of it.")

    @property
    def places(self) -> int:
        """Codes of a picture."""
        return self.side**2


def pocket() -> CodeTransformerConfig:
    """What ships with the package, for 8 x 8 codes."""
    return CodeTransformerConfig(side=8, width=192, layers=4, heads=6, dropout=0.1)


def debug() -> CodeTransformerConfig:
    """Random and tiny, for tests and docs."""
    return CodeTransformerConfig(codes=16, side=8, width=8, layers=1, heads=2)


def require_fit(transformer: CodeTransformerConfig, painter: VQGANConfig) -> None:
    """Raises ConfigError for a transformer of other codes than the VQGAN's, or of pictures of another size."""
    wanted = {"codes": painter.codes, "side": painter.size // painter.factor}
    for name, value in wanted.items():
        if getattr(transformer, name) != value:
            raise ConfigError(f"{name}={getattr(transformer, name)} of the transformer: its VQGAN has {value}.")


class CodeTransformer(nn.Module):
    """Codes to how likely each code is to come next."""

    def __init__(self, config: CodeTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.network = _gpt2(config)

    @property
    def begin(self) -> int:
        """What stands where a picture begins: one more than there are codes."""
        return self.config.codes

    def forward(self, codes: Int[Tensor, "batch row column"]) -> Float[Tensor, "batch place codes"]:
        """The logits of every code of pictures, row by row, each given those before it alone."""
        before = functional.pad(codes.flatten(1)[:, :-1], (1, 0), value=self.begin)
        return self._scores(self.network(before).last_hidden_state)

    def loss(self, codes: Int[Tensor, "batch row column"]) -> Float[Tensor, ""]:
        """The cross entropy of pictures (section 3.2), in nats per code."""
        return functional.cross_entropy(self(codes).float().flatten(0, 1), codes.flatten())

    def after(self, last: Int[Tensor, " batch"], memory: Any = None) -> tuple[Float[Tensor, "batch codes"], Any]:
        """The logits of the code that follows `last`, and what to remember for the one that follows then.

        `last` is `begin` for the first code; `memory` is what the previous call said to remember.
        """
        said = self.network(last[:, None], past_key_values=memory, use_cache=True)
        return self._scores(said.last_hidden_state[:, 0]), said.past_key_values

    def _scores(self, hidden: Float[Tensor, "*batch width"]) -> Float[Tensor, "*batch codes"]:
        """By the likeness to the codes' own embeddings, as GPT-2 does."""
        return hidden @ self.network.wte.weight[: self.config.codes].mT


def _gpt2(config: CodeTransformerConfig) -> Any:
    from transformers import GPT2Config, GPT2Model

    return GPT2Model(
        GPT2Config(
            vocab_size=config.codes + 1,
            n_positions=config.places,
            n_embd=config.width,
            n_layer=config.layers,
            n_head=config.heads,
            resid_pdrop=config.dropout,
            embd_pdrop=config.dropout,
            attn_pdrop=config.dropout,
            bos_token_id=config.codes,
            eos_token_id=None,
        )
    )
