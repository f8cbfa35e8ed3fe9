"""Our three solvers against diffusers' and against the numbers of Capelle's sampler."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
import torch

from hearsight.samplers.noise import NoiseSchedule, add_noise
from hearsight.samplers.solvers import CLEAN, DDIM, DDPM, DPMSolver, clipped, to_noise, to_picture
from hearsight.seeds import generator

Prediction = Literal["epsilon", "v_prediction"]

PARITY = Path(__file__).parents[1] / "parity"


def synth() -> ModuleType:
    spec = importlib.util.spec_from_file_location("synth", PARITY / "synth.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def kit() -> Any:
    return synth().Kit(PARITY / "kyle_unet")


def test_capelles_schedule(kit: Any) -> None:
    kept = NoiseSchedule().kept()
    kit.check("diffusion", "alpha_hat", kept.numpy())
    x0, eps, t = (torch.from_numpy(kit.input("diffusion", name)) for name in ("x0", "noise", "t"))
    kit.check("diffusion", "x_t", add_noise(x0, eps, t, NoiseSchedule()).numpy())
    # A ratio of two float32 products has lost digits: the betas our DDPM steps with are near Capelle's, not equal.
    beta = kit.expected("diffusion", "beta")[0]
    solver = DDPM(NoiseSchedule(), 1000)
    steps = [1 - solver.kept(t) / solver.kept(t - 1) for t in range(1, 1000)]
    assert abs(torch.tensor(steps) / torch.from_numpy(beta[1:]) - 1).max() < 2e-3


def test_capelles_step(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = NoiseSchedule()
    x0, eps, predicted, fresh, t = (
        torch.from_numpy(kit.input("diffusion", name)) for name in ("x0", "noise", "predicted", "fresh", "t")
    )
    x_t = add_noise(x0, eps, t, schedule)
    solver = DDPM(schedule, schedule.steps)
    rows = []
    for row in range(len(t)):
        given = fresh[row : row + 1]
        monkeypatch.setattr("hearsight.samplers.solvers.noise", lambda shape, random, given=given: given)
        rows.append(solver.step(predicted[row : row + 1], t[row], x_t[row : row + 1], generator(0)).prev_sample)
    kit.check("diffusion", "x_prev", torch.cat(rows).numpy())


def test_ddpm_runs_999_evaluations_and_ends_without_noise() -> None:
    solver = DDPM(NoiseSchedule(), 1000)
    assert solver.timesteps.tolist() == list(range(999, 0, -1))
    assert solver.after(1) == 0
    x, random = torch.randn(1, 3, 4, 4), generator(3)
    before = random.get_state()
    last = solver.step(torch.zeros_like(x), torch.tensor(1), x, random).prev_sample
    assert torch.equal(random.get_state(), before)
    beta = torch.linspace(1e-4, 0.02, 1000)[1].item()
    assert torch.allclose(last, x / (1 - beta) ** 0.5, rtol=1e-5)


@pytest.mark.parametrize("ours", [DDPM, DDIM, DPMSolver])
def test_few_steps_begin_in_pure_noise_and_end_in_the_picture(ours: type[DDIM]) -> None:
    solver = ours(NoiseSchedule(), 20)
    assert solver.timesteps[0] == 999 and len(solver.timesteps) == 20
    assert solver.after(int(solver.timesteps[-1])) == CLEAN


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize(
    ("ours", "theirs", "extra"),
    [
        (DDIM, "DDIMScheduler", {"clip_sample": False, "timestep_spacing": "trailing"}),
        (DDPM, "DDPMScheduler", {"clip_sample": False, "timestep_spacing": "trailing", "variance_type": "fixed_large"}),
        (DPMSolver, "DPMSolverMultistepScheduler", {"timestep_spacing": "trailing"}),
    ],
)
def test_equals_diffusers(ours: type[DDIM], theirs: str, extra: dict[str, object], prediction: Prediction) -> None:
    from diffusers import schedulers

    schedule = NoiseSchedule(prediction=prediction)
    own = ours(schedule, 20)
    other = getattr(schedulers, theirs)(
        beta_start=1e-4, beta_end=0.02, beta_schedule="linear", prediction_type=prediction, **extra
    )
    other.set_timesteps(20)
    assert own.timesteps.tolist() == other.timesteps.tolist()
    x = y = torch.randn(1, 3, 8, 8, generator=generator(1))
    random, same = generator(2), generator(2)
    # diffusers' DDPM adds noise even to the finished picture unless it ends on t = 0. Ours does not: one step less.
    for timestep in own.timesteps[:-1] if ours is DDPM else own.timesteps:
        drawn = {"generator": random} if ours is DDPM else {}
        kept = own.kept(int(timestep))
        x = own.step(network(x, kept, schedule), timestep, x, **drawn).prev_sample
        drawn = {"generator": same} if ours is DDPM else {}
        y = other.step(network(y, kept, schedule), timestep, y, **drawn).prev_sample
    assert torch.allclose(x, y, atol=2e-4), (x - y).abs().max()


def network(noisy: torch.Tensor, kept: float, schedule: NoiseSchedule) -> torch.Tensor:
    """A stand-in that foresees a smooth function of its input."""
    picture = torch.tanh(2 * noisy * kept**0.5)
    eps = (noisy - kept**0.5 * picture) / (1 - kept) ** 0.5
    return eps if schedule.prediction == "epsilon" else kept**0.5 * eps - (1 - kept) ** 0.5 * picture


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_prediction_and_clipping(prediction: Prediction) -> None:
    schedule = NoiseSchedule(prediction=prediction)
    picture, eps, kept = 2 * torch.randn(4, 3, 2, 2), torch.randn(4, 3, 2, 2), 0.3
    noisy = kept**0.5 * picture + (1 - kept) ** 0.5 * eps
    predicted = eps if prediction == "epsilon" else kept**0.5 * eps - (1 - kept) ** 0.5 * picture
    assert torch.allclose(to_picture(predicted, noisy, kept, schedule), picture, atol=1e-5)
    assert torch.allclose(to_noise(predicted, noisy, kept, schedule), eps, atol=1e-5)
    bounded = to_picture(clipped(predicted, noisy, kept, schedule), noisy, kept, schedule)
    assert torch.allclose(bounded, picture.clamp(-1, 1), atol=1e-5)
