import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL

from hearsight.data.scenes import Scenes
from hearsight.generators import latent_diffusion
from hearsight.training import autoencoder
from hearsight.training.autoencoder import AutoencoderTask, Recipe, SceneBatches, pixels
from hearsight.training.config import TrainConfig


def recipe(pairs, steps: int, **settings) -> Recipe:
    train = TrainConfig(steps=steps, learning_rate=1e-2, log_every=steps, checkpoint_every=steps)
    return Recipe(pairs, train, latent_diffusion.debug(), batch=4, **settings)


def test_batches_are_scenes_by_number(pictograms):
    scenes = Scenes(pictograms, size=16)
    batch = SceneBatches(scenes, 4).batch(2)["pictures"]
    assert batch.shape == (4, 3, 16, 16) and batch.min() >= -1 and batch.max() <= 1
    shown = np.asarray(scenes.picture(9)).transpose(2, 0, 1)
    np.testing.assert_allclose((batch[1].numpy() + 1) * 127.5, shown, atol=1e-3)


def test_the_loss_is_the_weighted_sum_of_its_parts(pictograms):
    task = AutoencoderTask(recipe(pictograms, 1, edges=0.5, divergence=0.1))
    batch = SceneBatches(Scenes(pictograms, size=16), 2).batch(0)
    torch.manual_seed(0)
    scalars = task.loss(batch)
    torch.manual_seed(0)
    found, mean, log_variance = task.modules(batch["pictures"])
    torch.testing.assert_close(scalars["pixels"], (found - batch["pictures"]).abs().mean())
    normal = torch.distributions.Normal(mean, (log_variance / 2).exp())
    divergence = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(scalars["divergence"], divergence)
    whole = scalars["pixels"] + 0.5 * scalars["edges"] + 0.1 * scalars["divergence"]
    torch.testing.assert_close(scalars["loss"], whole)


@pytest.mark.timeout(300)
def test_it_learns_and_what_it_writes_gives_latents_of_unit_variance(pictograms, tmp_path):
    out = autoencoder.run(recipe(pictograms, 300), tmp_path / "out")
    vae = AutoencoderKL.from_pretrained(str(out)).eval()
    scenes = Scenes(pictograms, size=16)
    pictures = torch.stack([pixels(scenes, 1000 + number) for number in range(16)])
    with torch.no_grad():
        latents = vae.encode(pictures).latent_dist.mean
        found = vae.decode(latents).sample
    grey = (pictures - pictures.mean(dim=(0, 2, 3), keepdim=True)).abs().mean()
    assert (found - pictures).abs().mean() < 0.75 * grey
    assert abs(float((latents * vae.config.scaling_factor).std()) - 1) < 0.35


def test_going_on_teaches_the_decoder_and_leaves_latents_as_they_are(pictograms, tmp_path):
    first = autoencoder.run(recipe(pictograms, 20), tmp_path / "first")
    second = autoencoder.run(recipe(pictograms, 20, start=first, seed=1), tmp_path / "second")
    before, after = (AutoencoderKL.from_pretrained(str(folder)).eval() for folder in (first, second))
    assert before.config.scaling_factor == after.config.scaling_factor
    pictures = SceneBatches(Scenes(pictograms, size=16), 4).batch(0)["pictures"]
    with torch.no_grad():
        latents = before.encode(pictures).latent_dist.mean
        assert torch.equal(after.encode(pictures).latent_dist.mean, latents)
        assert not torch.equal(before.decode(latents).sample, after.decode(latents).sample)
