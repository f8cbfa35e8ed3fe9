import pytest
import torch
from diffusers import DDPMScheduler

from hearsight.training.latent_loss import latent_loss


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
def test_who_knows_the_noise_has_no_loss_and_who_says_nothing_has_its_variance(prediction: str) -> None:
    """The random numbers are latents, noise and timesteps, in this order."""
    scheduler = DDPMScheduler(num_train_timesteps=50, prediction_type=prediction)
    mean, deviation = torch.randn(3, 4, 2, 2), torch.rand(3, 4, 2, 2)

    def drawn() -> tuple[torch.Tensor, ...]:
        torch.manual_seed(1)
        latents = 0.5 * (mean + deviation * torch.randn(3, 4, 2, 2))
        noise, timestep = torch.randn(3, 4, 2, 2), torch.randint(50, (3,))
        kept = scheduler.alphas_cumprod[timestep].reshape(3, 1, 1, 1)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        return noisy, timestep, noise if prediction == "epsilon" else kept.sqrt() * noise - (1 - kept).sqrt() * latents

    noisy, timestep, wanted = drawn()

    def knowing(latents: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        torch.testing.assert_close(latents, noisy)
        assert torch.equal(times, timestep)
        return wanted

    torch.manual_seed(1)
    assert latent_loss(knowing, mean, deviation, 0.5, scheduler) < 1e-10
    torch.manual_seed(1)
    silent = latent_loss(lambda latents, times: torch.zeros_like(latents), mean, deviation, 0.5, scheduler)
    torch.testing.assert_close(silent, wanted.square().mean())


def test_half_precision_is_compared_in_single() -> None:
    scheduler = DDPMScheduler(num_train_timesteps=50)
    mean = torch.zeros(2, 4, 2, 2)
    loss = latent_loss(lambda latents, times: latents.half(), mean, mean, 1.0, scheduler)
    assert loss.dtype == torch.float32 and loss.isfinite()
