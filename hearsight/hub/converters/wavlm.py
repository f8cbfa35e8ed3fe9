"""`WavLM-Base+.pt` and `WavLM-Base.pt` (github.com/microsoft/unilm, wavlm): {"cfg": settings, "model": state dict}.

The names of tensors are those of fairseq; transformers' network, which computes the same, has its own. The embedding of
masked frames is left out: only pre-training uses it.
"""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hearsight.encoders.wavlm import WavLM, WavLMConfig
from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

NAME = "WavLM-Base+.pt"
UNUSED = "mask_emb"

RENAMED = (
    (r"^post_extract_proj\.", "feature_projection.projection."),
    (r"^layer_norm\.", "feature_projection.layer_norm."),
    (r"^encoder\.pos_conv\.0\.weight_g$", "encoder.pos_conv_embed.conv.parametrizations.weight.original0"),
    (r"^encoder\.pos_conv\.0\.weight_v$", "encoder.pos_conv_embed.conv.parametrizations.weight.original1"),
    (r"^encoder\.pos_conv\.0\.", "encoder.pos_conv_embed.conv."),
    (r"^feature_extractor\.conv_layers\.(\d+)\.0\.", r"feature_extractor.conv_layers.\1.conv."),
    (r"^feature_extractor\.conv_layers\.(\d+)\.2\.", r"feature_extractor.conv_layers.\1.layer_norm."),
    (r"\.self_attn_layer_norm\.", ".layer_norm."),
    (r"\.self_attn\.", ".attention."),
    (r"\.relative_attention_bias\.", ".rel_attn_embed."),
    (r"\.grep_linear\.", ".gru_rel_pos_linear."),
    (r"\.grep_a$", ".gru_rel_pos_const"),
    (r"\.fc1\.", ".feed_forward.intermediate_dense."),
    (r"\.fc2\.", ".feed_forward.output_dense."),
)

# What the network here is; WavLM-Large differs in the first three.
FORM = {
    "layer_norm_first": False,
    "extractor_mode": "default",
    "normalize": False,
    "conv_bias": False,
    "relative_position_embedding": True,
    "gru_rel_pos": True,
}


def read_wavlm(path: Path | str) -> WavLM:
    """The WavLM in a published file, on the CPU, ready to use; its size is read from the file.

    Raises WeightsError where the file is missing, holds something else, is of another form than Base or does not fit;
    then it lists every tensor that is missing, unexpected or misshaped.
    """
    path = Path(path)
    content = read_published(path, f"download {NAME} first")
    settings: Any
    state: Any
    settings, state = (content.get(key) if isinstance(content, Mapping) else None for key in ("cfg", "model"))
    if not isinstance(settings, Mapping) or not is_state_dict(state):
        raise WeightsError(f"{path}: has no settings under 'cfg' and tensors under 'model'; give {NAME} as published.")
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = WavLM(_config(settings, state, path))
    fill(model, {f"network.{rename(name)}": tensor for name, tensor in state.items() if name != UNUSED}, path)
    return model.eval()


def rename(name: str) -> str:
    """The name in transformers' network of a tensor in the published file."""
    for pattern, theirs in RENAMED:
        name = re.sub(pattern, theirs, name)
    return name


def _config(settings: Mapping[str, Any], state: Mapping[str, Tensor], path: Path) -> WavLMConfig:
    other = [key for key, value in FORM.items() if settings.get(key, value) != value]
    if other:
        raise WeightsError(f"{path}: another form of WavLM ({', '.join(other)}); give {NAME}.")
    sizes = {
        "layers": "encoder_layers",
        "width": "encoder_embed_dim",
        "heads": "encoder_attention_heads",
        "feedforward": "encoder_ffn_embed_dim",
        "position_kernel": "conv_pos",
        "position_groups": "conv_pos_groups",
        "buckets": "num_buckets",
        "distance": "max_distance",
    }
    config = WavLMConfig(**{ours: settings[theirs] for ours, theirs in sizes.items() if theirs in settings})
    # The convolutions are written down as program text, which is not run here; a tensor tells their width as well.
    after = state.get("layer_norm.weight")
    return config if after is None else dataclasses.replace(config, convolution=len(after))
