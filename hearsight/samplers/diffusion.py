"""The reverse process: from noise to a picture, guided by a condition, with any scheduler of diffusers.

Every picture is drawn by itself: its own generator, its own fresh scheduler, one network call a step that holds the
guided and the unguided half. So neither its neighbours nor other threads can change a single byte of it.
"""

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hearsight.config import nearest
from hearsight.conditions.projection import silence
from hearsight.errors import ConfigError
from hearsight.samplers.noise import NoiseSchedule
from hearsight.seeds import generator, noise

SHORT_NAMES = {
    "ddpm": "DDPMScheduler",
    "ddim": "DDIMScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "dpm++sde": "DPMSolverSDEScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler-a": "EulerAncestralDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "pndm": "PNDMScheduler",
    "unipc": "UniPCMultistepScheduler",
}
"""What schedulers are called in daily life; every other one goes by its class name."""


class Network(Protocol):
    """What is sampled: predicts noise or velocity."""

    def __call__(
        self,
        noisy: Float[Tensor, "batch 3 height width"],
        timestep: Float[Tensor, " batch"],
        embedding: Float[Tensor, "batch embed"],
    ) -> Float[Tensor, "batch 3 height width"]: ...


@torch.inference_mode()
def sample(
    network: Network,
    embedding: Float[Tensor, "picture embed"],
    *,
    seeds: Sequence[int],
    shape: tuple[int, ...],
    schedule: NoiseSchedule,
    scheduler: str = "dpm++",
    steps: int = 20,
    guidance: float = 3.0,
    guidance_interval: tuple[float, float] = (0.0, 1.0),
    clip: bool = True,
    dtype: torch.dtype | None = None,
    callback: Callable[[int, int], None] | None = None,
) -> Float[Tensor, "picture *shape"]:
    """Draw one picture per row of `embedding`, values in [-1, 1].

    Args:
        seeds: one per picture; its starting noise and all later noise come from it alone.
        shape: of one picture, e.g. (3, 64, 64).
        scheduler: a name for `make_scheduler`.
        steps: network evaluations (some schedulers need a few more).
        guidance: s in eps = eps(0) + s (eps(c) - eps(0)); 1 evaluates eps(c) alone.
        guidance_interval: share of the way, from noise (0) to picture (1), on which guidance acts.
        clip: keep the picture that each step foresees within [-1, 1]; the thesis does not.
        dtype: autocast the network to it, e.g. bfloat16; the scheduler always computes in float32.
        callback: called as (step, steps) after every step.

    Raises:
        ConfigError: a scheduler, number of steps or interval that cannot be.
    """
    if len(seeds) != len(embedding):
        raise ConfigError(f"{len(seeds)} seeds for {len(embedding)} pictures: give one seed for each.")
    low, high = guidance_interval
    if not 0 <= low <= high <= 1:
        raise ConfigError(f"guidance_interval={guidance_interval}: give two shares of the way, e.g. (0.1, 0.8).")
    device = embedding.device
    autocast: AbstractContextManager[Any] = torch.autocast(device.type, dtype) if dtype else nullcontext()

    def draw(heard: Float[Tensor, "1 embed"], seed: int) -> Float[Tensor, "1 *shape"]:
        random = generator(seed)
        solver = make_scheduler(scheduler, schedule, steps, clip=clip)
        extra = {"generator": random} if "generator" in inspect.signature(solver.step).parameters else {}
        both = torch.cat([heard, silence(heard)])
        picture = noise((1, *shape), random).to(device) * solver.init_noise_sigma
        for number, timestep in enumerate(solver.timesteps):
            guided = guidance != 1 and low <= number / len(solver.timesteps) <= high
            noisy = solver.scale_model_input(picture, timestep).expand(2 if guided else 1, *shape)
            with autocast:
                predicted = network(noisy, timestep.to(device).expand(len(noisy)), both[: len(noisy)]).float()
            if guided:
                with_condition, without = predicted.chunk(2)
                predicted = without + guidance * (with_condition - without)
            picture = solver.step(predicted, timestep, picture, **extra).prev_sample
            if callback:
                callback(number + 1, len(solver.timesteps))
        return picture

    drawn = [draw(heard[None], seed) for heard, seed in zip(embedding, seeds, strict=True)]
    return torch.cat(drawn).clamp(-1, 1) if drawn else embedding.new_empty(0, *shape)


def make_scheduler(name: str, schedule: NoiseSchedule, steps: int, *, clip: bool = True) -> Any:
    """A fresh diffusers scheduler for `schedule`, its timesteps set.

    `name` is one of SHORT_NAMES or a diffusers class name, with or without "Scheduler" at its end. DDPM has the
    variance beta_t of Ho et al. and of Capelle ("fixed large").
    """
    import diffusers

    wanted = SHORT_NAMES.get(name.lower(), name if name.endswith("Scheduler") else f"{name}Scheduler")
    known = [each for each in dir(diffusers) if each.endswith("Scheduler") and not each.startswith("Flax")]
    if wanted not in known:
        raise ConfigError(f"scheduler={name!r}: there is none of this name; {nearest(name, [*SHORT_NAMES, *known])}")
    if not 1 <= steps <= schedule.steps:
        raise ConfigError(f"steps={steps}: must be between 1 and {schedule.steps}, the timesteps the network knows.")
    settings = {
        "num_train_timesteps": schedule.steps,
        "beta_start": schedule.beta_start,
        "beta_end": schedule.beta_end,
        "beta_schedule": "linear",
        "prediction_type": schedule.prediction,
        "variance_type": "fixed_large",
        "clip_sample": clip,
        "thresholding": clip and wanted.startswith(("DPMSolverMultistep", "DPMSolverSinglestep", "DEIS", "UniPC")),
        "sample_max_value": 1.0,
    }
    kind = getattr(diffusers, wanted)
    accepted = inspect.signature(kind.__init__).parameters
    missing = {"num_train_timesteps", "beta_start", "prediction_type"} - accepted.keys()
    if missing:
        raise ConfigError(f"scheduler={name!r}: does not know this kind of noise ({min(missing)}); try dpm++ or ddim.")
    solver = kind(**{key: value for key, value in settings.items() if key in accepted})
    solver.set_timesteps(steps)
    return solver


def to_uint8(pictures: Float[Tensor, "picture 3 height width"]) -> UInt8[Tensor, "picture 3 height width"]:
    """Values in [-1, 1] as 8-bit colours, rounded to the nearest."""
    return ((pictures.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
