"""`vqgan_imagenet_f16_16384.ckpt` and `..._1024.ckpt` (github.com/CompVis/taming-transformers, MIT).

Checkpoints of PyTorch Lightning: beside the tensors, under `state_dict`, they hold optimiser states and callbacks. Only
the encoder, the decoder and the codebook are taken; `loss.*` (perceptual loss and discriminator) is for training.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from hearsight.errors import WeightsError
from hearsight.generators.vqgan import VQGAN, VQGANConfig, published
from hearsight.hub.converters.foreign_classes import read_without_foreign_classes
from hearsight.hub.converters.published_file import fill, is_state_dict

WHAT = "vqgan_imagenet_f16_16384.ckpt or vqgan_imagenet_f16_1024.ckpt of taming-transformers"
CODEBOOK = "quantize.embedding.weight"

RENAMED = (
    (r"\.norm_out\.", ".conv_norm_out."),
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."),
    (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.", ".mid_block.attentions.0."),
    (r"\.down\.(\d+)\.", r".down_blocks.\1."),
    (r"\.block\.(\d+)\.", r".resnets.\1."),
    (r"\.attn\.(\d+)\.", r".attentions.\1."),
    (r"\.(down|up)sample\.conv\.", r".\1samplers.0.conv."),
    (r"\.nin_shortcut\.", ".conv_shortcut."),
    (r"(\.attentions\.\d+)\.norm\.", r"\1.group_norm."),
    (r"(\.attentions\.\d+)\.([qkv])\.", r"\1.to_\2."),
    (r"(\.attentions\.\d+)\.proj_out\.", r"\1.to_out.0."),
)


def read_vqgan(path: Path | str, config: VQGANConfig | None = None) -> VQGAN:
    """The VQGAN in a published checkpoint, on the CPU, ready to use.

    Args:
        path: the `.ckpt` file as published.
        config: the network in it, if not the published one with as many codes as the file has.

    Raises WeightsError where the file is missing, unsafe, of another kind or does not fit; it lists what does not fit.
    """
    path = Path(path)
    content = read_without_foreign_classes(path, f"give {WHAT}")
    state = content.get("state_dict") if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not is_state_dict(state) or CODEBOOK not in state:
        raise WeightsError(f"{path}: has no VQGAN under `state_dict`; give {WHAT}.")
    config = config or published(codes=len(state[CODEBOOK]))
    levels = len(config.channels)
    found = {rename(name, levels): tensor for name, tensor in state.items() if not name.startswith("loss.")}
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = VQGAN(config)
    fill(model, {name: _shaped(name, tensor) for name, tensor in found.items()}, path)
    return model.eval()


def rename(name: str, levels: int) -> str:
    """The name in our network of a published tensor; `levels` is how many resolutions the network has."""
    # The file counts the decoder's resolutions from the finest, the network in the order they are used.
    name = re.sub(r"\.up\.(\d+)\.", lambda found: f".up_blocks.{levels - 1 - int(found[1])}.", name)
    for pattern, ours in RENAMED:
        name = re.sub(pattern, ours, name)
    return f"network.{name}"


def _shaped(name: str, tensor: Tensor) -> Tensor:
    """The published tensor; attention's 1 x 1 convolutions are linear layers here."""
    return tensor[:, :, 0, 0] if ".attentions." in name and tensor.ndim == 4 else tensor
