"""`BriVL-1.0-5500w.pth` (github.com/BAAI-WuDao/BriVL) and `brivl-with-roberta-base.pth` (github.com/neilfei/brivl-nmi).

Both hold four towers under "learnable": pictures, texts, and the momentum copies of both. The image tower is taken, its
momentum copy and the backbone's classifier, which BriVL never uses, are not.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig, published
from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

NAME = "brivl-with-roberta-base.pth or BriVL-1.0-5500w.pth"
TOWER = "imgencoder."  # with its dot: without, the momentum copy would come along
UNUSED = "imgencoder.backbone.classifier."

RENAMED = (
    (r"^imgencoder\.", ""),
    (r"^learnable\.imgAtt\.", "head."),
    (r"^learnable\.imgFC\.", "head."),
    (r"^learnable\.max_pool\.0\.", "region."),  # a 1x1 convolution, whatever its name
)


def read_brivl_image(path: Path | str, config: BriVLImageConfig | None = None) -> BriVLImage:
    """The image tower in a published file, on the CPU, ready to use.

    Args:
        path: the `.pth` file as published.
        config: the tower in it and how it is fed (default: `published()`; `first_release()` for BriVL 1.0).

    Raises WeightsError where the file is missing, holds something else or does not fit; then it lists every tensor that
    is missing, unexpected or misshaped.
    """
    path = Path(path)
    content = read_published(path, f"download {NAME} first")
    towers: Any = content.get("learnable") if isinstance(content, Mapping) else None
    if not is_state_dict(towers):
        raise WeightsError(f"{path}: has no tensors by name under 'learnable'; give {NAME} as published.")
    found = {
        rename(name): _linear(name, tensor)
        for name, tensor in towers.items()
        if name.startswith(TOWER) and not name.startswith(UNUSED)
    }
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = BriVLImage(config or published())
    fill(model, found, path)
    return model.eval()


def rename(name: str) -> str:
    """The name in our network of a tensor in the published file."""
    for pattern, ours in RENAMED:
        name = re.sub(pattern, ours, name)
    return name


def _linear(name: str, tensor: Tensor) -> Tensor:
    """The weight of a 1x1 convolution as that of a linear layer, for the one that is one here."""
    return tensor.flatten(1) if name.endswith("max_pool.0.weight") else tensor
