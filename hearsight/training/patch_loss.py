"""The adversarial losses of VQGAN (Esser et al. 2021, section 3.1)."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from hearsight.generators.patch_discriminator import PatchDiscriminator
from hearsight.training.players import unmoved

LARGEST = 1e4  # of the adaptive weight, as published


def hinge_loss(
    judge: PatchDiscriminator,
    real: Float[Tensor, "batch 3 height width"],
    fake: Float[Tensor, "batch 3 height width"],
) -> Float[Tensor, ""]:
    """What teaches the discriminator: scores above 1 for real patches and below -1 for others. `fake` gets no gradient.

    The paper prints equation 5's logarithms; the published recipe has the hinge, with a factor of one half.
    """
    # Two batches and not one: normalisation would mix their statistics.
    return (functional.relu(1 - judge(real)).mean() + functional.relu(1 + judge(fake.detach())).mean()) / 2


def fooling_loss(judge: PatchDiscriminator, fake: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, ""]:
    """What teaches the generator: high scores of its pictures, by weights of the discriminator that stay."""
    return -unmoved(judge, fake).mean()


def adaptive_weight(
    reconstruction: Float[Tensor, ""],
    adversarial: Float[Tensor, ""],
    last_layer: Float[Tensor, "..."],
    least: float = 1e-4,
) -> Float[Tensor, ""]:
    """The weight under which both losses pull equally hard at the decoder's last layer (equation 7); no gradient.

    `least` keeps the division from exploding: 1e-4 in the published code, 1e-6 in the paper.
    """
    first, second = (
        torch.autograd.grad(loss, last_layer, retain_graph=True)[0].norm() for loss in (reconstruction, adversarial)
    )
    return (first / (second + least)).clamp(max=LARGEST).detach()
