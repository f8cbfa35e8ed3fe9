"""How noise covers a picture, what a network is asked to say about it, and what its answer means (Ho et al. 2020)."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class NoiseSchedule:
    """How much noise each timestep adds. The defaults are those of Ho et al., of Capelle and of the thesis."""

    steps: int = 1000
    """Timesteps T."""
    beta_start: float = 1e-4
    """Variance added by the first timestep."""
    beta_end: float = 0.02
    """Variance added by the last; in between it grows linearly."""
    prediction: Literal["epsilon", "v_prediction"] = "epsilon"
    """What the network predicts: the noise, or the velocity sqrt(a) eps - sqrt(1 - a) x_0 (Salimans & Ho 2022), which
    stays informative where almost all is noise and so keeps the colours of a briefly trained network steady."""

    def kept(self) -> Float[Tensor, " step"]:
        """Share a_t of the picture's variance that is left after each timestep: the product of all 1 - beta."""
        return torch.cumprod(1 - torch.linspace(self.beta_start, self.beta_end, self.steps), dim=0)


def add_noise(
    pictures: Float[Tensor, "batch *shape"],
    noise: Float[Tensor, "batch *shape"],
    timestep: Int[Tensor, " batch"],
    schedule: NoiseSchedule,
) -> Float[Tensor, "batch *shape"]:
    """x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) eps (Ho et al., equation 4)."""
    signal, spread = _factors(pictures, timestep, schedule)
    return signal * pictures + spread * noise


def target(
    pictures: Float[Tensor, "batch *shape"],
    noise: Float[Tensor, "batch *shape"],
    timestep: Int[Tensor, " batch"],
    schedule: NoiseSchedule,
) -> Float[Tensor, "batch *shape"]:
    """What the network is to predict for pictures after `add_noise`: the noise itself, or the velocity."""
    if schedule.prediction == "epsilon":
        return noise
    signal, spread = _factors(pictures, timestep, schedule)
    return signal * noise - spread * pictures


def to_picture(
    predicted: Float[Tensor, "batch *shape"],
    noisy: Float[Tensor, "batch *shape"],
    kept: float,
    schedule: NoiseSchedule,
) -> Float[Tensor, "batch *shape"]:
    """The picture x_0 that a prediction foresees in `noisy`."""
    signal, spread = math.sqrt(kept), math.sqrt(1 - kept)
    if schedule.prediction == "epsilon":
        return (noisy - spread * predicted) / signal
    return signal * noisy - spread * predicted


def clipped(
    predicted: Float[Tensor, "batch *shape"],
    noisy: Float[Tensor, "batch *shape"],
    kept: float,
    schedule: NoiseSchedule,
) -> Float[Tensor, "batch *shape"]:
    """The prediction that sees in `noisy` the same picture, but kept within [-1, 1]."""
    signal, spread = math.sqrt(kept), math.sqrt(1 - kept)
    picture = to_picture(predicted, noisy, kept, schedule).clamp(-1, 1)
    if schedule.prediction == "epsilon":
        return (noisy - signal * picture) / spread
    return (signal * noisy - picture) / spread


def _factors(
    pictures: Float[Tensor, "batch *shape"], timestep: Int[Tensor, " batch"], schedule: NoiseSchedule
) -> tuple[Float[Tensor, "batch *ones"], Float[Tensor, "batch *ones"]]:
    kept = schedule.kept().to(pictures)[timestep].reshape(-1, *[1] * (pictures.ndim - 1))
    return kept.sqrt(), (1 - kept).sqrt()
