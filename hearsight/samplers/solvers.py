"""The three solvers of daily use, with the interface of diffusers' schedulers: DDPM, DDIM, DPM-Solver++.

They are a few lines each, are held against diffusers by the tests, and spare `hearsight generate` the seconds that
importing diffusers costs. A solver belongs to one picture: make a fresh one for the next. Throughout, a_t is the share
of the picture's variance that is left at timestep t (`NoiseSchedule.kept`): x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) eps.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from hearsight.samplers.noise import NoiseSchedule
from hearsight.seeds import noise

CLEAN = -1
"""The timestep after the last: nothing but the picture."""


class Step(NamedTuple):
    """What a solver's step gives, named as in diffusers."""

    prev_sample: Float[Tensor, "1 *shape"]
    """x at the next, less noisy timestep."""


class Solver:
    """Timesteps from pure noise to the picture, evenly spaced, ending in the picture itself."""

    init_noise_sigma = 1.0

    def __init__(self, schedule: NoiseSchedule, steps: int) -> None:
        """A solver that evaluates the network `steps` times."""
        self.schedule = schedule
        self._kept = schedule.kept().double()
        # Counted back from the last timestep, where sampling must begin: it alone is pure noise.
        self.timesteps = (schedule.steps - schedule.steps / steps * torch.arange(steps).double()).round().long() - 1

    def scale_model_input(self, noisy: Float[Tensor, "1 *shape"], timestep: Tensor) -> Float[Tensor, "1 *shape"]:
        """`noisy`: the network knows this noise as it is."""
        return noisy

    def kept(self, timestep: int) -> float:
        """a_t."""
        return 1.0 if timestep == CLEAN else float(self._kept[timestep])

    def after(self, timestep: int) -> int:
        """The timestep that follows `timestep`."""
        place = int((self.timesteps == timestep).nonzero())
        return CLEAN if place + 1 == len(self.timesteps) else int(self.timesteps[place + 1])


class DDPM(Solver):
    """Ancestral sampling with the variance beta_t (Ho et al. 2020, algorithm 2).

    With all T steps it is what Capelle's code and hence the thesis runs: T - 1 evaluations at t = T - 1 .. 1 (counted
    from 0), fresh noise after each but the last, and the mean at t = 1 is the picture. With fewer steps beta_t becomes
    the noise of the whole stride, 1 - a_t / a_next (Nichol & Dhariwal 2021, section 4).
    """

    def __init__(self, schedule: NoiseSchedule, steps: int) -> None:
        super().__init__(schedule, steps)
        self._whole = steps == schedule.steps and steps > 1
        if self._whole:
            self.timesteps = self.timesteps[:-1]

    def after(self, timestep: int) -> int:
        """The timestep that follows; of the last one in a whole run it is 0, else the picture."""
        return 0 if self._whole and timestep == 1 else super().after(timestep)

    def step(
        self,
        predicted: Float[Tensor, "1 *shape"],
        timestep: Tensor,
        noisy: Float[Tensor, "1 *shape"],
        generator: torch.Generator,
    ) -> Step:
        """One draw from p(x_next | x_t), `generator` giving the fresh noise."""
        now, following = int(timestep), self.after(int(timestep))
        kept = self.kept(now)
        beta = 1 - kept / self.kept(following)
        eps = to_noise(predicted, noisy, kept, self.schedule)
        mean = (noisy - beta / math.sqrt(1 - kept) * eps) / math.sqrt(1 - beta)
        if now == int(self.timesteps[-1]):
            return Step(mean)
        return Step(mean + math.sqrt(beta) * noise(tuple(noisy.shape), generator).to(noisy))


class DDIM(Solver):
    """The deterministic process with the same marginals (Song et al. 2021, equation 12 with sigma = 0)."""

    def step(self, predicted: Float[Tensor, "1 *shape"], timestep: Tensor, noisy: Float[Tensor, "1 *shape"]) -> Step:
        """Along the line from the foreseen noise to the foreseen picture."""
        kept, following = self.kept(int(timestep)), self.kept(self.after(int(timestep)))
        eps = to_noise(predicted, noisy, kept, self.schedule)
        picture = to_picture(predicted, noisy, kept, self.schedule)
        return Step(math.sqrt(following) * picture + math.sqrt(1 - following) * eps)


class DPMSolver(Solver):
    """DPM-Solver++ of second order with one evaluation a step (Lu et al. 2022, algorithm 2: 2M).

    The foreseen picture is extrapolated from the two last ones in half the log signal-to-noise ratio; the first and the
    last step have only one to go by and are of first order.
    """

    def __init__(self, schedule: NoiseSchedule, steps: int) -> None:
        super().__init__(schedule, steps)
        self._before: tuple[float, Tensor] | None = None

    def step(self, predicted: Float[Tensor, "1 *shape"], timestep: Tensor, noisy: Float[Tensor, "1 *shape"]) -> Step:
        """The exact solution of the linear part, with the extrapolated picture."""
        kept, following = self.kept(int(timestep)), self.kept(self.after(int(timestep)))
        picture = to_picture(predicted, noisy, kept, self.schedule)
        if following == 1:
            return Step(picture)
        now, stride = _half_log_ratio(kept), _half_log_ratio(following) - _half_log_ratio(kept)
        foreseen = picture
        if self._before is not None:
            then, earlier = self._before
            foreseen = picture + stride / (2 * (now - then)) * (picture - earlier)
        self._before = now, picture
        shrink = math.sqrt((1 - following) / (1 - kept))
        return Step(shrink * noisy - math.sqrt(following) * math.expm1(-stride) * foreseen)


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


def to_noise(
    predicted: Float[Tensor, "batch *shape"],
    noisy: Float[Tensor, "batch *shape"],
    kept: float,
    schedule: NoiseSchedule,
) -> Float[Tensor, "batch *shape"]:
    """The noise eps that a prediction sees in `noisy`."""
    if schedule.prediction == "epsilon":
        return predicted
    return math.sqrt(kept) * predicted + math.sqrt(1 - kept) * noisy


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


def _half_log_ratio(kept: float) -> float:
    return 0.5 * math.log(kept / (1 - kept))
