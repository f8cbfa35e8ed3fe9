"""The losses of stacked generators and their discriminators at one scale.

Wang et al.: "S2IGAN" (2020), equations 10 and 12. The published code has terms that the paper has not; every term has
a weight.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from hearsight.generators.stacked_discriminator import Discriminator, Verdict
from hearsight.training.players import unmoved


@dataclass(frozen=True)
class LossWeights:
    """The weight of every term; 0 leaves it out. The defaults are the published code's."""

    conditional: float = 1.0
    """The conditional branches of equations 10 and 12."""
    unconditional: float = 1.0
    """The unconditional branches of equations 10 and 12."""
    wrong: float = 1.0
    """A real picture of another class, which the conditional branch should reject and the unconditional accept (not in
    equation 12)."""
    divergence: float = 2.0
    """The divergence of the conditions' clouds from a standard normal distribution (not in equation 9)."""
    relation: float = 1.0
    """The relation supervisor, equation 8."""
    matching: float = 0.0
    """The speech embedding network's matching loss (equations 1 to 4) between sentences and what is drawn of them (not
    in equation 9; AttnGAN's generator has it): tells a generator that learns briefly what the words mean."""
    closeness: float = 0.0
    """1 - the cosine of a sentence and what is drawn of it (in no paper). Matching is content as soon as a batch's
    birds are told apart, by whichever colours; this is content with nothing less than the sentence."""


def published() -> LossWeights:
    """As the published code trains."""
    return LossWeights()


def paper() -> LossWeights:
    """Equations 8 to 12 as they are printed."""
    return LossWeights(wrong=0.0, divergence=0.0)


def stackgan_v2() -> LossWeights:
    """The paper's baseline: no relation supervisor."""
    return LossWeights(relation=0.0)


def discriminator_loss(
    judge: Discriminator,
    real: Float[Tensor, "batch 3 side side"],
    wrong: Float[Tensor, "batch 3 side side"],
    fake: Float[Tensor, "batch 3 side side"],
    condition: Float[Tensor, "batch width"],
    weights: LossWeights,
) -> Float[Tensor, ""]:
    """L_D at one scale (equation 12), for the discriminator alone: no gradient reaches `fake` or `condition`."""
    fake, condition = fake.detach(), condition.detach()
    # Three batches and not one: normalisation would mix their statistics.
    loss = _loss(judge(real, condition), 1.0, 1.0, weights) + _loss(judge(fake, condition), 0.0, 0.0, weights)
    if weights.wrong:
        loss = loss + weights.wrong * _loss(judge(wrong, condition), 0.0, 1.0, weights)
    return loss


def generator_loss(
    judge: Discriminator,
    fake: Float[Tensor, "batch 3 side side"],
    condition: Float[Tensor, "batch width"],
    weights: LossWeights,
) -> Float[Tensor, ""]:
    """L_G at one scale (equation 10), for the generator alone: no gradient reaches the discriminator's weights."""
    return _loss(unmoved(judge, fake, condition), 1.0, 1.0, weights)


def _loss(verdict: Verdict, matching: float, alone: float, weights: LossWeights) -> Float[Tensor, ""]:
    """Cross entropy of both branches with what should be true of the pictures."""
    return weights.conditional * _entropy(verdict.matching, matching) + weights.unconditional * _entropy(
        verdict.alone, alone
    )


def _entropy(logits: Float[Tensor, " batch"], truth: float) -> Float[Tensor, ""]:
    # On logits: the published code takes the sigmoid first, whose logarithm is lost where a discriminator is sure.
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, truth))
