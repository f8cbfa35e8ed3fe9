"""The published layouts in small; tests/parity/audiotoken reads them in full size."""

from pathlib import Path

import pytest
import torch

from hearsight.conditions import token
from hearsight.conditions.token import AudioTokenEmbedder
from hearsight.errors import WeightsError
from hearsight.generators import latent_diffusion
from hearsight.generators.lora import LoRA
from hearsight.hub.converters.audiotoken import lora_name, read_embedder, read_lora, write_embedder, write_lora


@pytest.fixture
def embedder() -> AudioTokenEmbedder:
    torch.manual_seed(0)
    return AudioTokenEmbedder(token.debug()).eval()


def test_an_embedder_is_read_as_it_was_written(embedder, tmp_path):
    again = read_embedder(write_embedder(embedder, tmp_path / "embedder.bin"))
    assert again.config == embedder.config and not again.training
    features = torch.randn(2, 5, 24)
    assert torch.equal(again(features), embedder(features))
    assert read_embedder(tmp_path / "embedder.bin", stochastic=True).config.stochastic


def test_the_file_is_laid_out_as_published(embedder, tmp_path):
    state = torch.load(write_embedder(embedder, tmp_path / "embedder.bin"), weights_only=True)
    assert len(state) == 13 and type(state) is dict
    assert state["fc2.weight"].shape == (16, 24)
    assert state["fga.pp_models.0.embed_Y.weight"].shape == (16, 16, 1)
    assert state["fga.reduce_potentials.0.weight"].shape == (1, 2, 1)


def test_an_embedder_that_does_not_fit_is_one_line(embedder, tmp_path):
    state = torch.load(write_embedder(embedder, tmp_path / "right.bin"), weights_only=True)
    del state["fc1.bias"]
    torch.save(state | {"extra.weight": torch.zeros(2)}, tmp_path / "wrong.bin")
    with pytest.raises(WeightsError, match=r"missing \(1\): first.bias; unexpected \(1\): extra.weight") as error:
        read_embedder(tmp_path / "wrong.bin")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"encoder.weight": torch.zeros(2)}, "is no AudioToken embedder, it holds encoder.weight"),
        ({}, "is no AudioToken embedder, it holds nothing"),
        ([1, 2], "holds list, not tensors by name"),
    ],
)
def test_a_file_of_another_model_is_one_line(content, message, tmp_path):
    torch.save(content, tmp_path / "other.bin")
    with pytest.raises(WeightsError, match=message):
        read_embedder(tmp_path / "other.bin")


def test_missing_and_broken_files(tmp_path):
    (tmp_path / "broken.bin").write_bytes(b"not weights")
    for name in ("broken.bin", "missing.bin"):
        with pytest.raises(WeightsError, match=name):
            read_embedder(tmp_path / name)


def test_lora_is_read_as_it_was_written(tmp_path):
    torch.manual_seed(0)
    unet = latent_diffusion.build_unet(latent_diffusion.debug())
    lora = LoRA(unet, rank=2)
    for weight in lora.parameters():
        torch.nn.init.normal_(weight)
    file = write_lora(lora, tmp_path / "lora.bin")
    names = torch.load(file, weights_only=True)
    published = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.processor.to_out_lora.down.weight"
    assert names[published].shape == (2, 8)
    assert lora_name(published) == "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_out.0.lora_A.weight"
    again = read_lora(file, unet)
    noisy, text = torch.randn(1, 4, 8, 8), torch.randn(1, 5, 16)
    with lora.at(1.0):
        first = unet(noisy, 3, text).sample
    with again.at(1.0):
        assert torch.equal(unet(noisy, 3, text).sample, first)


def test_lora_of_another_network(tmp_path):
    unet = latent_diffusion.build_unet(latent_diffusion.debug())
    torch.save({"fc1.weight": torch.zeros(2, 2)}, tmp_path / "other.bin")
    with pytest.raises(WeightsError, match=r"holds no LoRA layers but unet.fc1.weight"):
        read_lora(tmp_path / "other.bin", unet)


def test_the_arithmetic_is_that_of_the_published_layers():
    """W x + up(down(x)), of the output projection after its bias."""
    torch.manual_seed(0)
    unet = latent_diffusion.build_unet(latent_diffusion.debug())
    lora = LoRA(unet, rank=2)
    layer = unet.down_blocks[0].attentions[0].transformer_blocks[0].attn1.to_out[0]
    pair = lora.get_submodule("unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0")
    torch.nn.init.normal_(pair.lora_B.weight)
    given = torch.randn(3, 8)
    plain = given @ layer.weight.T + layer.bias
    torch.testing.assert_close(layer(given), plain)
    with lora.at(0.5):
        added = given @ pair.lora_A.weight.T @ pair.lora_B.weight.T
        torch.testing.assert_close(layer(given), plain + 0.5 * added)


def test_paths_may_be_strings(embedder, tmp_path: Path):
    assert read_embedder(str(write_embedder(embedder, str(tmp_path / "embedder.bin")))).config.width == 16
