"""Where a search through VQGAN's codes may begin: at the best of many pictures sampled from a transformer.

All that the published code of VQGAN-BriVL does is to sample pictures and to rank them by BriVL; with `steps=0` a search
does no more either. What is sampled depends on the seed alone, so it is kept for the next sound.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hearsight.conditions.likeness import Target, unlikeness
from hearsight.generators.code_transformer import CodeTransformer
from hearsight.generators.vqgan import VQGAN
from hearsight.samplers.codes import sample_codes
from hearsight.samplers.cutouts import shrink
from hearsight.samplers.search import Look
from hearsight.samplers.search_config import SearchConfig
from hearsight.seeds import generator

TOGETHER = 64
"""Pictures that are sampled, drawn and looked at together; a fixed number, as rounding may depend on company."""
REMEMBERED = 64
"""Seeds whose samples are kept."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Pictures that were sampled."""

    codes: Int[Tensor, "sample row column"]
    """What they are made of."""
    seen: Float[Tensor, "sample embed"]
    """What an eye sees in each, when it is shown whole."""

    def best(self, targets: Sequence[Target], config: SearchConfig) -> Int[Tensor, "row column"]:
        """The codes of the one that is most like `targets`, by the distance of `config`."""
        losses = [unlikeness(one[None], targets, config.distance, config.scale) for one in self.seen]
        return self.codes[int(torch.stack(losses).argmin())]


class SampledStarts:
    """Samples by their seed, made when they are first asked for."""

    def __init__(self, transformer: CodeTransformer, vqgan: VQGAN, look: Look, size: int) -> None:
        """`look` is shown pictures of `size` pixels."""
        self.transformer, self.vqgan, self.look, self.size = transformer, vqgan, look, size
        self._kept: OrderedDict[tuple[int, int], Samples] = OrderedDict()

    def __call__(self, seed: int, count: int) -> Samples:
        """`count` samples; more of the same seed begin with the same pictures."""
        found = self._kept.get((seed, count))
        if found is None:
            found = self._kept[seed, count] = self._sample(seed, count)
            if len(self._kept) > REMEMBERED:
                self._kept.popitem(last=False)
        return found

    @torch.no_grad()
    def _sample(self, seed: int, count: int) -> Samples:
        codes, seen = [], []
        for first in range(0, count, TOGETHER):
            some = range(first, min(first + TOGETHER, count))
            codes.append(sample_codes(self.transformer, [generator(seed, "sample", number) for number in some]))
            pictures = self.vqgan.draw(self.vqgan.lookup(codes[-1]))
            seen.append(self.look(shrink(pictures, self.size)).float())
        return Samples(torch.cat(codes), torch.cat(seen))
