from dataclasses import replace

import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators import latent_diffusion
from hearsight.generators.latent_diffusion import LatentDiffusionConfig, build_pipeline, learn_tokenizer


def test_the_pocket_pipeline_is_small_and_quick():
    """7.7 million parameters (half precision: 15 MB); a picture of 20 guided steps costs 10e9 multiplications."""
    config = latent_diffusion.pocket()
    tokenizer = learn_tokenizer((), config.vocabulary, config.context)
    with torch.device("meta"):
        networks = (
            latent_diffusion.build_vae(config),
            latent_diffusion.build_unet(config),
            latent_diffusion.build_text_encoder(config, tokenizer),
        )
    assert sum(weight.numel() for network in networks for weight in network.parameters()) < 8e6
    counted = latent_diffusion.operations(config, steps=20)
    assert counted["unet"] < 10e9 and counted["decoder"] < 1.2e9


def test_a_picture_has_the_size_of_the_config():
    config = latent_diffusion.debug()
    drawn = build_pipeline(config)("a dog", num_inference_steps=1, output_type="pt").images
    assert drawn.shape == (1, 3, config.size, config.size)


def test_a_tokenizer_learns_what_is_frequent_and_reads_everything():
    tokenizer = learn_tokenizer(["a red dog", "a red cat"] * 5, 560, 16)
    assert len(tokenizer) <= 560
    assert len(tokenizer("a red dog", add_special_tokens=False).input_ids) == 3
    for text in ("zebra crossing", "naïve ☃"):
        assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True).strip() == text
    assert tokenizer.model_max_length == 16


def test_a_tokenizer_is_the_same_after_saving(tmp_path):
    from transformers import CLIPTokenizer

    tokenizer = learn_tokenizer(["a red dog"] * 5, 560, 16)
    tokenizer.save_pretrained(tmp_path)
    again = CLIPTokenizer.from_pretrained(tmp_path)
    for text in ("a red dog", "a blue cat, 4k"):
        assert again(text).input_ids == tokenizer(text).input_ids
    assert again.model_max_length == 16


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"unet_channels": (96, 100)}, r"unet_channels=\(96, 100\): must be multiples of their 8 groups"),
        ({"attending": (0, 3)}, r"attending=\(0, 3\): this U-Net has resolutions 0 to 2"),
        ({"size": 100}, "size=100: .*halve a picture's side to 1/32"),
    ],
)
def test_sizes_that_cannot_be(settings, message):
    with pytest.raises(ConfigError, match=message):
        replace(LatentDiffusionConfig(), **settings)


def test_silenced_residuals_add_nothing_but_can_learn():
    torch.manual_seed(0)
    config = latent_diffusion.debug()
    unet, vae = latent_diffusion.build_unet(config), latent_diffusion.build_vae(config)
    for network in (unet, vae):
        latent_diffusion.silence_residuals(network)
    noisy, texts = torch.randn(2, 4, 8, 8), torch.randn(2, 2, 5, 16)
    said = [unet(noisy, torch.tensor(10), text).sample for text in texts]
    assert torch.equal(*said) and said[0].std() > 0  # attention, a residual branch, does not act yet
    said[0].square().mean().backward()
    assert all(block.proj_out.weight.grad.any() for block in unet.down_blocks[0].attentions)
    block = vae.decoder.mid_block.resnets[0]
    hidden = torch.randn(1, 8, 4, 4)
    assert torch.equal(block(hidden, None), hidden)
