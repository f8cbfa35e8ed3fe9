from typing import Any, Literal

import numpy as np
import pytest
import torch

from hearsight.samplers.noise import NoiseSchedule, add_noise, clipped, target, to_picture

TIMES = [0, 250, 999]


@pytest.fixture
def pictures() -> torch.Tensor:
    return torch.rand(3, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture
def noise() -> torch.Tensor:
    return torch.randn(3, 3, 4, 4, generator=torch.Generator().manual_seed(1))


def kept(timestep: int, steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> float:
    """Ho et al., section 2, written as a product."""
    product = 1.0
    for number in range(timestep + 1):
        product *= 1 - (first + (last - first) * number / (steps - 1))
    return product


def test_what_is_kept_is_the_product_of_all_one_minus_beta():
    found = NoiseSchedule().kept()
    assert found.shape == (1000,)
    np.testing.assert_allclose(found[TIMES], [kept(timestep) for timestep in TIMES], rtol=1e-4)
    short = NoiseSchedule(steps=10, beta_start=0.1, beta_end=0.5).kept()
    np.testing.assert_allclose(short[9], kept(9, 10, 0.1, 0.5), rtol=1e-5)


def test_noise_covers_each_picture_as_its_timestep_says(pictures, noise):
    noisy = add_noise(pictures, noise, torch.tensor(TIMES), NoiseSchedule())
    for row, timestep in enumerate(TIMES):
        expected = kept(timestep) ** 0.5 * pictures[row] + (1 - kept(timestep)) ** 0.5 * noise[row]
        torch.testing.assert_close(noisy[row], expected, rtol=1e-4, atol=1e-4)


def test_the_target_is_the_noise_or_the_velocity(pictures, noise):
    times = torch.tensor(TIMES)
    assert torch.equal(target(pictures, noise, times, NoiseSchedule()), noise)
    velocity = target(pictures, noise, times, NoiseSchedule(prediction="v_prediction"))
    for row, timestep in enumerate(TIMES):
        expected = kept(timestep) ** 0.5 * noise[row] - (1 - kept(timestep)) ** 0.5 * pictures[row]
        torch.testing.assert_close(velocity[row], expected, rtol=1e-4, atol=1e-4)


def test_picture_and_velocity_turn_into_each_other(pictures, noise):
    """x_0 = sqrt(a) x_t - sqrt(1 - a) v (Salimans & Ho, appendix D)."""
    schedule, times = NoiseSchedule(prediction="v_prediction"), torch.tensor(TIMES)
    share = schedule.kept()[times].reshape(-1, 1, 1, 1)
    noisy, velocity = add_noise(pictures, noise, times, schedule), target(pictures, noise, times, schedule)
    torch.testing.assert_close(share.sqrt() * noisy - (1 - share).sqrt() * velocity, pictures)


def test_the_kind_of_number_stays(pictures, noise):
    noisy = add_noise(pictures.double(), noise.double(), torch.tensor(TIMES), NoiseSchedule())
    assert noisy.dtype == torch.float64


def test_capelles_schedule(kit: Any) -> None:
    kit.check("diffusion", "alpha_hat", NoiseSchedule().kept().numpy())
    x0, eps, t = (torch.from_numpy(kit.input("diffusion", name)) for name in ("x0", "noise", "t"))
    kit.check("diffusion", "x_t", add_noise(x0, eps, t, NoiseSchedule()).numpy())


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_a_prediction_foresees_a_picture_and_clipping_bounds_it(
    prediction: Literal["epsilon", "v_prediction"],
) -> None:
    schedule = NoiseSchedule(prediction=prediction)
    picture, eps, kept = 2 * torch.randn(4, 3, 2, 2), torch.randn(4, 3, 2, 2), 0.3
    noisy = kept**0.5 * picture + (1 - kept) ** 0.5 * eps
    predicted = eps if prediction == "epsilon" else kept**0.5 * eps - (1 - kept) ** 0.5 * picture
    assert torch.allclose(to_picture(predicted, noisy, kept, schedule), picture, atol=1e-5)
    bounded = to_picture(clipped(predicted, noisy, kept, schedule), noisy, kept, schedule)
    assert torch.allclose(bounded, picture.clamp(-1, 1), atol=1e-5)
