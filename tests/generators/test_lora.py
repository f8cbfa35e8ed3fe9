from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from torch import nn

from hearsight.errors import ConfigError
from hearsight.generators import latent_diffusion
from hearsight.generators.lora import LoRA, LoRAConfig, attention_layers


@pytest.fixture(scope="module")
def unet() -> nn.Module:
    torch.manual_seed(0)
    return latent_diffusion.build_unet(latent_diffusion.debug()).eval()


@pytest.fixture(scope="module")
def lora(unet) -> LoRA:
    lora = LoRA(unet, rank=2)
    for weight in lora.parameters():
        nn.init.normal_(weight)
    return lora


def drawn(unet: nn.Module) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    noisy, text = torch.randn(1, 4, 8, 8, generator=random), torch.randn(1, 5, 16, generator=random)
    with torch.no_grad():
        return unet(noisy, 7, text).sample


def test_every_attention_has_its_additions(unet, lora):
    names = {name for name, _ in attention_layers(unet)}
    assert all(name.split(".to_")[0].endswith(("attn1", "attn2")) for name in names)
    assert len(names) % 8 == 0  # four layers of two attentions
    assert {name.removeprefix("unet.").rsplit(".lora_", 1)[0] for name in lora.state_dict()} == names
    assert not [name for name in unet.state_dict() if "lora" in name]


def test_it_acts_only_where_it_is_asked_to(unet, lora):
    plain = drawn(unet)
    with lora.at(1.0):
        full = drawn(unet)
        with lora.at(0.0):
            assert torch.equal(drawn(unet), plain)
        assert torch.equal(drawn(unet), full)
    assert not torch.allclose(full, plain)
    assert torch.equal(drawn(unet), plain)


def test_new_additions_say_nothing_yet(unet):
    plain, new = drawn(unet), LoRA(unet)
    with new.at(1.0):
        assert torch.equal(drawn(unet), plain)


def test_one_set_of_additions_does_not_wake_another(unet, lora):
    other = LoRA(unet, rank=3)
    for weight in other.parameters():
        nn.init.ones_(weight)
    with lora.at(1.0):
        before = drawn(unet)
    with other.at(1.0):
        assert not torch.allclose(drawn(unet), before)
    with lora.at(1.0):
        assert torch.equal(drawn(unet), before)


def test_threads_choose_their_own_scales(unet, lora):
    scales = [0.0, 0.5, 1.0]
    alone = []
    for scale in scales:
        with lora.at(scale):
            alone.append(drawn(unet))
    together = Barrier(3)

    def draw(scale: float) -> torch.Tensor:
        with lora.at(scale):
            together.wait(20)
            return drawn(unet)

    with ThreadPoolExecutor(3) as pool:
        assert all(map(torch.equal, pool.map(draw, scales), alone))


def test_a_rank_that_cannot_be():
    with pytest.raises(ConfigError, match="rank=0: must be at least 1"):
        LoRAConfig(0)
