"""Codes sampled one after the other from a transformer, as the published code of VQGAN-BriVL does.

Esser et al. 2021, section 3.2: p(s) = prod p(s_i | s_<i). VQGAN-BriVL keeps the likeliest tenth of all codes at every
place, at a temperature of 1, and ranks the pictures by their cosine with what is wanted (`SearchConfig.steps` 0).
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Int
from torch import Tensor

from hearsight.generators.code_transformer import CodeTransformer

KEPT = 0.1
"""Share of the codes that are drawn from at every place."""


@torch.no_grad()
def sample_codes(
    network: CodeTransformer, random: Sequence[torch.Generator], kept: float = KEPT
) -> Int[Tensor, "picture row column"]:
    """A picture for every generator, as codes; all that is random in it comes from that generator."""
    device, config = network.network.device, network.config
    chances = torch.stack([torch.rand(config.places, generator=one) for one in random], dim=1)  # [place, picture]
    last, memory = torch.full((len(random),), network.begin, device=device), None
    found = []
    for chance in chances.to(device):
        scores, memory = network.after(last, memory)
        likeliest = scores.float().topk(math.ceil(kept * config.codes))
        reached = likeliest.values.softmax(dim=1).cumsum(dim=1)
        place = torch.searchsorted(reached, chance[:, None]).clamp(max=reached.shape[1] - 1)
        last = likeliest.indices.gather(1, place)[:, 0]
        found.append(last)
    return torch.stack(found, dim=1).unflatten(1, (config.side, config.side))
