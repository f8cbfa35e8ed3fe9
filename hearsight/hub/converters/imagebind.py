"""`imagebind_huge.pth` (github.com/facebookresearch/ImageBind, CC BY-NC 4.0): one flat state dict of all six encoders.

Only the ear's tensors are read from the file's 4.5 GB. The licence forbids commercial use, of what is made with the
weights, too: they neither ship with the package nor are they any command's default.
"""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hearsight.encoders.imagebind import ImageBind, ImageBindConfig, published
from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import is_state_dict, read_published
from hearsight.hub.converters.renamed_state import fill_renamed

NAME = "imagebind_huge.pth"
HEARING = re.compile(r"^modality_(preprocessors|trunks|heads|postprocessors)\.audio\.")

RENAMED = (
    (r"^class_token$", "modality_preprocessors.audio.cls_token"),
    (r"^positions$", "modality_preprocessors.audio.pos_embedding_helper.pos_embed"),
    (r"^stem\.", "modality_preprocessors.audio.rgbt_stem.proj."),
    (r"^stem_norm\.", "modality_preprocessors.audio.rgbt_stem.norm_layer."),
    (r"^(blocks\.\d+)\.attention_norm\.", r"\1.norm_1."),
    (r"^(blocks\.\d+)\.attention\.", r"\1.attn."),
    (r"^(blocks\.\d+)\.norm\.", r"\1.norm_2."),
    (r"^(blocks\.\d+)\.widen\.", r"\1.mlp.fc1."),
    (r"^(blocks\.\d+)\.narrow\.", r"\1.mlp.fc2."),
    (r"^blocks\.", "modality_trunks.audio.blocks."),
    (r"^head_norm\.", "modality_heads.audio.0."),
    (r"^head\.", "modality_heads.audio.2."),
    (r"^log_scale$", "modality_postprocessors.audio.1.log_logit_scale"),
)


def read_imagebind(path: Path | str, config: ImageBindConfig | None = None) -> ImageBind:
    """The ear in a published file, on the CPU, ready to use.

    Args:
        path: the `.pth` file as published, or one that holds its ear alone.
        config: the network in it, if not the published one.

    Raises WeightsError where the file is missing, no state dict, has no ear or does not fit; then it lists every tensor
    that is missing, unexpected or misshaped.
    """
    path = Path(path)
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = ImageBind(config or published())
    return fill_renamed(model, _hearing(path), published_name, path)


def published_name(name: str) -> str:
    """The published name of one of our tensors."""
    for pattern, theirs in RENAMED:
        name = re.sub(pattern, theirs, name)
    return name


def _hearing(path: Path) -> dict[str, Tensor]:
    """The ear's tensors, in memory; all others stay in the file."""
    state = _mapped(path)
    if not is_state_dict(state):
        raise WeightsError(f"{path}: holds {type(state).__name__}, not tensors by name; give the published {NAME}.")
    found = {name: tensor.clone() for name, tensor in state.items() if HEARING.match(name)}
    if not found:
        raise WeightsError(f"{path}: has nothing under modality_trunks.audio, so no ear; give the published {NAME}.")
    return found


def _mapped(path: Path) -> Mapping[str, Tensor] | Any:
    """The content of the file, mapped into memory rather than read; the formats before torch 1.6 can only be read."""
    return read_published(path, f"download {NAME} first", mapped=path.is_file() and zipfile.is_zipfile(path))
