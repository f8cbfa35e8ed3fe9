"""The loss of a diffusion model over latents (Rombach et al. 2022, equation 2)."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

Latents = Float[Tensor, "batch latent height width"]


def latent_loss(
    predict: Callable[[Latents, Int[Tensor, " batch"]], Latents],
    mean: Latents,
    deviation: Latents,
    scale: float,
    scheduler: Any,
) -> Float[Tensor, ""]:
    """How well noise, or the velocity, is found again in noisy latents: the mean squared error.

    Latents, noise and timesteps are drawn, in this order, from torch's global generator on the CPU.

    Args:
        predict: the network, called as (noisy latents, timestep).
        mean, deviation: of the latents, as an autoencoder gives them.
        scale: what makes their variance about 1, the autoencoder's `scaling_factor`.
        scheduler: one of diffusers, whose noise it is. Its `prediction_type` says what is to be predicted.
    """
    latents = scale * (mean + deviation * torch.randn(mean.shape).to(mean))
    noise = torch.randn(latents.shape).to(latents)
    timestep = torch.randint(scheduler.config.num_train_timesteps, (len(latents),)).to(latents.device)
    predicted = predict(scheduler.add_noise(latents, noise, timestep), timestep)
    velocity = scheduler.config.prediction_type == "v_prediction"
    wanted = scheduler.get_velocity(latents, noise, timestep) if velocity else noise
    return functional.mse_loss(predicted.float(), wanted)
