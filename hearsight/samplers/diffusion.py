"""The reverse process: from noise to a picture, guided by a condition, with any scheduler that knows this noise.

Every picture is drawn by itself: its own generator, its own fresh scheduler, one network call a step that holds the
guided and the unguided half. So neither its neighbours nor other threads can change a single byte of it. Larger
batches would draw about twice as fast, but in float32 they were seen to change the last digits of a row.
"""

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from hearsight.conditions.projection import silence
from hearsight.config import nearest
from hearsight.errors import ConfigError
from hearsight.samplers.noise import NoiseSchedule, clipped
from hearsight.seeds import generator, noise

SHORT_NAMES = {
    "dpm++": "DPMSolverMultistep",
    "euler": "EulerDiscrete",
    "euler-a": "EulerAncestralDiscrete",
    "heun": "HeunDiscrete",
    "unipc": "UniPCMultistep",
}
"""What schedulers are called in daily life; all others go by their class name in diffusers, such as ddpm and ddim."""


class Network(Protocol):
    """What is sampled: predicts noise or velocity. A module must be in evaluation mode."""

    def __call__(
        self,
        noisy: Float[Tensor, "batch 3 height width"],
        timestep: Shaped[Tensor, " batch"],
        embedding: Float[Tensor, "batch embed"],
        /,
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
        callback: called as (step, steps) after every step. What it raises ends the drawing and leaves nothing behind.

    Raises:
        ConfigError: a scheduler, number of steps or seeds, or interval that cannot be.
    """
    if len(seeds) != len(embedding):
        raise ConfigError(f"{len(seeds)} seeds for {len(embedding)} pictures: give one seed for each.")
    low, high = guidance_interval
    if not 0 <= low <= high <= 1:
        raise ConfigError(f"guidance_interval={guidance_interval}: give two shares of the way, e.g. (0.1, 0.8).")
    if getattr(network, "training", False):
        raise ConfigError("network: is in training mode, where dropout would speckle pictures; call network.eval().")
    device = embedding.device
    all_kept = schedule.kept()

    def draw(heard: Float[Tensor, "1 embed"], seed: int) -> Float[Tensor, "1 *shape"]:
        random = generator(seed)
        solver = make_scheduler(scheduler, schedule, steps)
        extra = {"generator": random} if "generator" in inspect.signature(solver.step).parameters else {}
        both = torch.cat([heard, silence(heard)])
        picture = noise((1, *shape), random).to(device) * solver.init_noise_sigma
        for number, timestep in enumerate(solver.timesteps):
            guided = guidance != 1 and low <= number / len(solver.timesteps) <= high
            noisy = solver.scale_model_input(picture, timestep)
            inputs = both if guided else heard
            with _autocast(device, dtype):
                times = timestep.to(device).expand(len(inputs))
                predicted = network(noisy.expand(len(inputs), *shape), times, inputs).float()
            if guided:
                with_condition, without = predicted.chunk(2)
                predicted = without + guidance * (with_condition - without)
            if clip:
                predicted = clipped(predicted, noisy, _between(all_kept, float(timestep)), schedule)
            picture = solver.step(predicted, timestep, picture, **extra).prev_sample
            if callback:
                callback(number + 1, len(solver.timesteps))
        return picture

    drawn = [draw(heard[None], seed) for heard, seed in zip(embedding, seeds, strict=True)]
    return torch.cat(drawn).clamp(-1, 1) if drawn else embedding.new_empty(0, *shape)


def make_scheduler(name: str, schedule: NoiseSchedule, steps: int) -> Any:
    """A fresh scheduler for `schedule`, its timesteps set.

    `name` is one of SHORT_NAMES or the class name of a diffusers scheduler, with or without "Scheduler" at its end, in
    any case. `ddpm` with all timesteps is algorithm 2 of Ho et al. with the variance beta_t; Capelle's code stops one
    step earlier and calls that the picture.
    """
    if not 1 <= steps <= schedule.steps:
        raise ConfigError(f"steps={steps}: must be between 1 and {schedule.steps}, the timesteps the network knows.")
    kind, accepted = scheduler_class(name)
    settings: dict[str, Any] = {
        "num_train_timesteps": schedule.steps,
        "beta_start": schedule.beta_start,
        "beta_end": schedule.beta_end,
        "beta_schedule": "linear",
        "prediction_type": schedule.prediction,
        "variance_type": "fixed_large",  # beta_t, as Ho et al. and Capelle
        "clip_sample": False,  # `sample` clips, for every scheduler alike
        "skip_prk_steps": True,
        "use_karras_sigmas": True,  # half of the linear schedule is almost pure noise: few steps are better spent later
    }
    if "timestep_spacing" in accepted and accepted["timestep_spacing"].default == "leading":
        # "leading" would not begin at the noisiest timestep; of DDPM only "linspace" ends without adding noise.
        settings["timestep_spacing"] = "linspace" if "variance_type" in accepted else "trailing"
    solver = kind(**{key: value for key, value in settings.items() if key in accepted})
    solver.set_timesteps(steps)
    return solver


def scheduler_like(scheduler: Any, name: str, steps: int) -> Any:
    """A fresh scheduler for the noise of another one, e.g. of a pipeline, its timesteps set.

    `name` is one for `make_scheduler`, or `own`: the same kind again.
    """
    known = scheduler.config.num_train_timesteps
    if not 1 <= steps <= known:
        raise ConfigError(f"steps={steps}: must be between 1 and {known}, the timesteps the network knows.")
    kind = type(scheduler) if name == "own" else scheduler_class(name)[0]
    # Warming up by Runge-Kutta steps is for more steps than anybody takes; pipelines leave it out, too.
    extra = {"skip_prk_steps": True} if "skip_prk_steps" in inspect.signature(kind.__init__).parameters else {}
    solver = kind.from_config(scheduler.config, **extra)
    try:
        solver.set_timesteps(steps)
    except (ValueError, IndexError) as error:
        raise ConfigError(f"steps={steps}: scheduler {name!r} cannot take so many ({error}); try another.") from None
    return solver


def scheduler_class(name: str) -> tuple[Any, Any]:
    """The diffusers class called `name` (one of SHORT_NAMES, or its own) and the parameters it is made with."""
    from diffusers import schedulers

    known = {each.removesuffix("Scheduler").lower(): each for each in dir(schedulers) if each.endswith("Scheduler")}
    wanted = SHORT_NAMES.get(name.lower(), name)
    found = known.get(wanted.lower().removesuffix("scheduler"))
    if found is None:
        names = [*SHORT_NAMES, *(each.removesuffix("Scheduler") for each in known.values())]
        raise ConfigError(f"scheduler={name!r}: there is none of this name; {nearest(name, names)}")
    kind = getattr(schedulers, found)
    accepted = inspect.signature(kind.__init__).parameters
    # Noise that no generator controls, inpainting, other noise than this or the way back: not for drawing here.
    missing = {"num_train_timesteps", "beta_start", "prediction_type"} - accepted.keys()
    foreign = found.startswith("CogVideoX") or "Inverse" in found or "noise_sampler_seed" in accepted
    if missing or foreign:
        raise ConfigError(f"scheduler={name!r}: cannot run the noise this network was trained on; try dpm++ or ddim.")
    return kind, accepted


def _between(kept: Float[Tensor, " step"], timestep: float) -> float:
    """`kept` at a timestep that need not be whole (some schedulers go between them)."""
    below = min(max(int(timestep), 0), len(kept) - 1)
    above = min(below + 1, len(kept) - 1)
    return float(torch.lerp(kept[below], kept[above], timestep - below))


def _autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager[Any]:
    return torch.autocast(device.type, dtype) if dtype else nullcontext()
