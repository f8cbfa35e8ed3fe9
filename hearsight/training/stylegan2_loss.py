"""The losses of StyleGAN2 (Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", 2020)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def discriminator_loss(real: Float[Tensor, " batch"], fake: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
    """Cross entropy of the discriminator's scores with what is true (Goodfellow et al. 2014, equation 1)."""
    return functional.softplus(-real).mean() + functional.softplus(fake).mean()


def generator_loss(fake: Float[Tensor, " batch"]) -> Float[Tensor, ""]:
    """The non-saturating loss: drawn pictures scored as if they were real (Goodfellow et al. 2014, section 3)."""
    return functional.softplus(-fake).mean()


def gradient_penalty(
    scores: Float[Tensor, " batch"], pictures: Float[Tensor, "batch 3 height width"]
) -> Float[Tensor, ""]:
    """R1, half the squared gradient of the scores of real pictures (Mescheder et al. 2018, equation 9, without gamma).

    `pictures` must require a gradient, and `scores` come from them.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), pictures, create_graph=True)
    return gradient.square().sum(dim=(1, 2, 3)).mean() / 2


def path_lengths(
    pictures: Float[Tensor, "batch 3 height width"],
    latents: Float[Tensor, "batch layer style_width"],
    noise: Float[Tensor, "batch 3 height width"],
) -> Float[Tensor, " batch"]:
    """How far a picture moves along `noise` for a step in W+: equation 4's length of J transposed times y.

    `latents` must require a gradient, and `pictures` come from them. `noise` is standard normal; it is scaled here by
    the picture's size, as published.
    """
    height, width = pictures.shape[-2:]
    moved = (pictures * noise).sum() / math.sqrt(height * width)
    (gradient,) = torch.autograd.grad(moved, latents, create_graph=True)
    return gradient.square().sum(dim=2).mean(dim=1).sqrt()
