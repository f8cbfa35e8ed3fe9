import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline

from hearsight.data.scenes import Scenes
from hearsight.errors import ConfigError
from hearsight.generators import latent_diffusion
from hearsight.generators.latent_diffusion import LatentDiffusionConfig, build_pipeline, build_vae
from hearsight.training import autoencoder, text_to_image
from hearsight.training.autoencoder import pixels
from hearsight.training.config import TrainConfig
from hearsight.training.text_to_image import LatentScenes, Recipe, TextToImageTask, cached_moments


@pytest.fixture
def vae_folder(tmp_path):
    torch.manual_seed(0)
    build_vae(latent_diffusion.debug()).save_pretrained(tmp_path / "vae")
    return tmp_path / "vae"


def recipe(pairs, vae, steps: int = 1, **settings) -> Recipe:
    train = TrainConfig(steps=steps, learning_rate=2e-3, log_every=steps, checkpoint_every=steps)
    return Recipe(pairs, vae, train, latent_diffusion.debug(), scenes=40, batch=8, **settings)


def test_latents_are_cached_and_are_those_of_the_scenes(pictograms, vae_folder, tmp_path):
    vae = autoencoder.open_autoencoder(vae_folder, latent_diffusion.debug())
    scenes = Scenes(pictograms, size=16)
    moments = cached_moments(vae, scenes, 20, tmp_path / "latents")
    with torch.no_grad():
        expected = vae.encode(pixels(scenes, 7)[None]).latent_dist
    np.testing.assert_allclose(moments[7, 0], expected.mean[0], atol=2e-3)
    np.testing.assert_allclose(moments[7, 1], expected.std[0], atol=2e-3)
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "latents").iterdir()}
    np.testing.assert_array_equal(cached_moments(vae, scenes, 20, tmp_path / "latents"), moments)
    assert files == {file: file.stat().st_mtime_ns for file in (tmp_path / "latents").iterdir()}


def test_some_captions_are_dropped_and_a_batch_is_a_function_of_its_number(pictograms, vae_folder):
    chosen = recipe(pictograms, vae_folder, caption_dropout=0.5)
    tokenizer = latent_diffusion.learn_tokenizer(("a dog",), 600, 77)
    batches = LatentScenes(np.zeros((3, 2, 4, 8, 8), np.float16), ("a dog",) * 3, chosen, tokenizer)
    first, again = batches.batch(5), batches.batch(5)
    assert all(torch.equal(first[key], again[key]) for key in first)
    empty = tokenizer("", padding="max_length", return_tensors="pt").input_ids[0]
    dropped = [bool((row == empty).all()) for number in range(40) for row in batches.batch(number)["ids"]]
    assert 0.4 < np.mean(dropped) < 0.6


def test_the_loss_compares_with_the_velocity(pictograms):
    torch.manual_seed(0)
    task = TextToImageTask(build_pipeline(latent_diffusion.debug()))
    seen = []
    task.modules.register_forward_hook(lambda module, inputs, output: seen.append((inputs, output)))
    mean, deviation = torch.randn(2, 4, 8, 8), torch.zeros(2, 4, 8, 8)
    ids = task.pipeline.tokenizer(["a", "b"], padding="max_length", return_tensors="pt").input_ids
    loss = task.loss({"mean": mean, "deviation": deviation, "ids": ids})["loss"]
    (noisy, timestep, _), predicted = seen[0]
    kept = task.pipeline.scheduler.alphas_cumprod[timestep].view(-1, 1, 1, 1)
    latents = mean * task.scale
    noise = (noisy - kept.sqrt() * latents) / (1 - kept).sqrt()
    velocity = kept.sqrt() * noise - (1 - kept).sqrt() * latents
    torch.testing.assert_close(loss, (predicted - velocity).square().mean())


@pytest.mark.timeout(300)
def test_it_writes_a_pipeline_that_diffusers_loads_and_that_has_learnt(pictograms, vae_folder, tmp_path):
    out = text_to_image.run(recipe(pictograms, vae_folder, 2), tmp_path / "out")
    pipeline = StableDiffusionPipeline.from_pretrained(str(out))
    pipeline.set_progress_bar_config(disable=True)
    picture = pipeline("a dog", num_inference_steps=2, generator=torch.Generator().manual_seed(0)).images[0]
    assert picture.size == (16, 16)


def test_an_autoencoder_of_other_sizes_is_refused(vae_folder):
    with pytest.raises(ConfigError, match=r"autoencoder=.*vae_channels.*\(8, 8\).*set them alike"):
        autoencoder.open_autoencoder(vae_folder, LatentDiffusionConfig())
