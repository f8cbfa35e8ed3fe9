"""Keep the whole codebook of a VQGAN in use.

Rows that begin far from the latents are never the nearest to any, and only the nearest learn. Dhariwal et al.,
"Jukebox" (2020), section 3.1, move rows that are hardly used onto latents of the current batch; the published VQGAN
does not.
"""

import torch
from jaxtyping import Float
from torch import Tensor


@torch.no_grad()
def revive(
    codebook: Float[Tensor, "codes code_width"],
    usage: Float[Tensor, " codes"],
    latent: Float[Tensor, "batch code_width row column"],
    least: float,
) -> None:
    """Move rows whose `usage` per step is below `least` onto random latents, and count them as used again.

    Chance comes from torch's global generator. Every process of a training takes the rows of the first.
    """
    dead = (usage < least).nonzero()[:, 0]
    places = latent.movedim(1, -1).flatten(0, -2)
    if len(dead):
        codebook[dead] = places[torch.randint(len(places), (len(dead),)).to(places.device)].to(codebook.dtype)
        usage[dead] = max(least, 1.0)
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.broadcast(codebook, 0)
