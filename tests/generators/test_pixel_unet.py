"""The U-Net: Capelle's numbers, the thesis's parts, the pocket edition's budget."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.conditions.projection import ProjectionConfig, silence
from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.generators.attention import AttentionBlock
from hearsight.generators.pixel_unet import PixelUNet, PixelUNetConfig, capelle, debug, flops, pocket, published

PARITY = Path(__file__).parents[1] / "parity"

RENAMES: list[tuple[str, str | Callable[[re.Match[str]], str]]] = [
    (r"^inc\.", "stem."),
    (r"^outc\.", "out."),
    (r"^bot(\d)\.", lambda m: f"middle.{int(m[1]) - 1}."),
    (r"^down(\d)\.maxpool_conv\.1\.", lambda m: f"downs.{int(m[1]) - 1}.blocks.refine."),
    (r"^down(\d)\.maxpool_conv\.2\.", lambda m: f"downs.{int(m[1]) - 1}.blocks.change."),
    (r"^down(\d)\.emb_layer\.1\.", lambda m: f"downs.{int(m[1]) - 1}.blocks.condition."),
    (r"^up(\d)\.conv\.0\.", lambda m: f"ups.{int(m[1]) - 1}.blocks.refine."),
    (r"^up(\d)\.conv\.1\.", lambda m: f"ups.{int(m[1]) - 1}.blocks.change."),
    (r"^up(\d)\.emb_layer\.1\.", lambda m: f"ups.{int(m[1]) - 1}.blocks.condition."),
    (r"^sa([123])\.", lambda m: f"down_attentions.{int(m[1]) - 1}."),
    (r"^sa([456])\.", lambda m: f"up_attentions.{int(m[1]) - 4}."),
    (r"double_conv\.0\.", "conv1."),
    (r"double_conv\.1\.", "norm1."),
    (r"double_conv\.3\.", "conv2."),
    (r"double_conv\.4\.", "norm2."),
    (r"mha\.in_proj_", "self_attention.query_key_value."),
    (r"mha\.out_proj\.", "self_attention.out."),
    (r"\.ln\.", ".self_norm."),
    (r"ff_self\.0\.", "mlp_norm."),
    (r"ff_self\.1\.", "widen."),
    (r"ff_self\.3\.", "narrow."),
]


def ours(name: str) -> str:
    """Our name of one of Capelle's tensors."""
    for pattern, replacement in RENAMES:
        name = re.sub(pattern, replacement, name)
    return name


@pytest.mark.filterwarnings("ignore")
def test_capelles_network() -> None:
    """Every tensor of the published layout; noise with a label, without, guided, and with any vector for the label."""
    kit = Kit(PARITY / "kyle_unet")
    weights = dict(kit.checkpoint())
    labels = weights.pop("label_emb.weight")
    network = PixelUNet(capelle()).eval()
    network.load_state_dict({ours(name): tensor for name, tensor in weights.items()})
    x, t, y, vector = (torch.from_numpy(kit.input("unet", name)) for name in ("x", "t", "y", "condition"))
    with torch.inference_mode():
        with_label = network(x, t, labels[y])
        without = network(x, t, silence(labels[y]))
        kit.check("unet", "eps_cond", with_label.numpy())
        kit.check("unet", "eps_uncond", without.numpy())
        kit.check("unet", "eps_cfg3", (without + 3 * (with_label - without)).numpy())
        kit.check("unet", "eps_vector", network(x, t, vector).numpy())


def parameters(config: PixelUNetConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in PixelUNet(config).parameters())


def test_sizes() -> None:
    assert parameters(capelle()) == 23_332_739
    assert parameters(pocket()) < 7e6
    assert flops(pocket()) <= 0.6e9
    assert 17e9 < flops(published()) < flops(capelle())


def test_flops_grow_with_the_area() -> None:
    without = replace(debug(), attention_side=0)
    assert 3.9 < flops(replace(without, size=32)) / flops(without) < 4.0


@pytest.mark.parametrize("config", [debug(), replace(debug(), patch=1, condition_tokens=1, refine_first=True)])
def test_picture_in_picture_out(config: PixelUNetConfig) -> None:
    network = PixelUNet(config)
    noisy = torch.randn(2, 3, 16, 16)
    predicted = network(noisy, torch.tensor([3, 900]), torch.randn(2, 16))
    assert predicted.shape == noisy.shape
    predicted.square().mean().backward()
    missing = [name for name, parameter in network.named_parameters() if parameter.grad is None]
    assert not missing


def test_listens_to_sound_and_time() -> None:
    network = PixelUNet(debug()).eval()
    noisy, t, heard = torch.randn(1, 3, 16, 16), torch.tensor([500]), torch.randn(1, 16)
    first = network(noisy, t, heard)
    assert not torch.allclose(first, network(noisy, t, -heard), atol=1e-4)
    assert not torch.allclose(first, network(noisy, t - 400, heard), atol=1e-4)
    assert not torch.allclose(first, network(noisy, t, silence(heard)), atol=1e-4)


def test_cross_attention_chooses_among_tokens() -> None:
    """With one token every pixel hears the same; with two, different pixels hear differently."""
    torch.manual_seed(0)
    block = AttentionBlock(8, heads=2, condition_width=4)
    assert block.cross_attention is not None
    tokens = torch.randn(1, 16, 8)
    one = block.cross_attention(tokens, torch.randn(1, 1, 4))
    two = block.cross_attention(tokens, torch.randn(1, 2, 4))
    assert torch.allclose(one, one[:, :1].expand_as(one), atol=1e-6)
    assert two.std(dim=1).max() > 1e-3


def test_attention_only_where_maps_are_small_enough() -> None:
    network = PixelUNet(pocket())
    down = [isinstance(each, AttentionBlock) for each in network.down_attentions]
    up = [isinstance(each, AttentionBlock) for each in network.up_attentions]
    assert down == [False, False, True, True]  # 32, 16, 8, 4
    assert up == [True, False, False, False]  # 8, 16, 32, 64


def test_zero_start_predicts_a_flat_picture() -> None:
    network = PixelUNet(replace(debug(), zero_start=True)).eval()
    predicted = network(torch.randn(1, 3, 16, 16), torch.tensor([5]), torch.randn(1, 16))
    assert network.out.bias is not None
    assert torch.allclose(predicted, network.out.bias.reshape(3, 2, 2).repeat(1, 8, 8)[None])


def test_unfit_configs_are_refused() -> None:
    wrong = [
        (replace(debug(), size=20), "multiple of 8"),
        (replace(debug(), middle=1), "at least 2"),
        (replace(debug(), heads=3), "3 heads"),
        (replace(debug(), projection=ProjectionConfig(embed=16, width=8)), r"projection\.width"),
    ]
    for config, part in wrong:
        with pytest.raises(ConfigError, match=part):
            PixelUNet(config)


@pytest.mark.parametrize("config", [published(), capelle(), pocket(), debug()])
def test_configs_survive_json(config: PixelUNetConfig) -> None:
    assert build(PixelUNetConfig, plain(config)) == config
