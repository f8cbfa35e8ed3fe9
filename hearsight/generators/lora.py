"""Low-rank additions to the attention of a U-Net (Hu et al., *LoRA*, 2021), as AudioToken trains them if asked to.

Every query, key, value and output layer W of every attention becomes W x + s B A x, with A and B of a small rank.
The additions are hooks that look at the context of their own thread: a drawing chooses its scale s, or none at all,
and no other drawing with the same U-Net notices.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn

from hearsight.errors import ConfigError

TARGETS = ("to_q", "to_k", "to_v", "to_out.0")


@dataclass(frozen=True)
class LoRAConfig:
    """How much the additions can say."""

    rank: int = 4
    """Width between the two matrices; the published one is 4, without any scale of its own."""

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ConfigError(f"rank={self.rank}: must be at least 1; leave LoRA out to have none.")


class LowRank(nn.Module):
    """B A x: says nothing until it has learned, because B begins with zeros."""

    def __init__(self, inputs: int, outputs: int, rank: int) -> None:
        super().__init__()
        self.lora_A = nn.Linear(inputs, rank, bias=False)
        self.lora_B = nn.Linear(rank, outputs, bias=False)
        nn.init.normal_(self.lora_A.weight, std=1 / rank)
        nn.init.zeros_(self.lora_B.weight)

    def forward(self, inputs: Float[Tensor, "*batch inputs"]) -> Float[Tensor, "*batch outputs"]:
        return self.lora_B(self.lora_A(inputs.to(self.lora_A.weight.dtype)))


class LoRA(nn.Module):
    """The additions to all attentions of one U-Net. Their names are those that diffusers gives to LoRA weights."""

    def __init__(self, unet: nn.Module, rank: int = 4) -> None:
        """New additions, hooked into `unet`; they act inside `with lora.at(scale)` only."""
        super().__init__()
        self.config = LoRAConfig(rank)
        self.unet = nn.Module()
        for name, layer in attention_layers(unet):
            addition = LowRank(layer.in_features, layer.out_features, rank)
            _place(self.unet, name, addition)
            layer.register_forward_hook(self._hook(addition))

    @contextmanager
    def at(self, scale: float) -> Iterator[None]:
        """Let the additions act on everything that this thread computes in the block."""
        before = _ACTING.set((self, scale))
        try:
            yield
        finally:
            _ACTING.reset(before)

    def _hook(self, addition: LowRank) -> Any:
        def add(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor | None:
            lora, scale = _ACTING.get()
            if lora is not self or scale == 0:
                return None
            return output + scale * addition(inputs[0]).to(output.dtype)

        return add


def attention_layers(unet: nn.Module) -> Iterator[tuple[str, nn.Linear]]:
    """Every linear layer of every attention (`attn1`: of the picture to itself, `attn2`: to the text) by name."""
    for name, layer in unet.named_modules():
        attention, _, target = name.partition(".to_")
        if attention.endswith(("attn1", "attn2")) and f"to_{target}" in TARGETS and isinstance(layer, nn.Linear):
            yield name, layer


_ACTING: ContextVar[tuple[LoRA | None, float]] = ContextVar("lora", default=(None, 0.0))


def _place(root: nn.Module, path: str, leaf: nn.Module) -> None:
    """Put `leaf` where its dotted path says, so that its weights carry that path in their names."""
    *folders, last = path.split(".")
    for folder in folders:
        if folder not in dict(root.named_children()):
            root.add_module(folder, nn.Module())
        root = root.get_submodule(folder)
    root.add_module(last, leaf)
