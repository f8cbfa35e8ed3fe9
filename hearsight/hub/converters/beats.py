"""The published BEATs files (github.com/microsoft/unilm, beats/, MIT), such as

    BEATs_iter3_plus_AS2M.pt                            pre-trained
    BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt     fine-tuned: with a predictor and its labels

Each is {"cfg": settings, "model": state dict}, and "label_dict" (class index to AudioSet id) where it was fine-tuned.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hearsight.encoders.beats import BEATs, BEATsConfig
from hearsight.errors import ConfigError, WeightsError
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published
from hearsight.sound.window import Window

HEAD = 2**20
"""Bytes of a file in which its settings are named."""
TABLE = "self_attn.relative_attention_bias.weight"
"""One table that all layers share; the file names it once per layer."""

# A published setting: our name for it, and what a file means that does not have it (not the published network's value).
SETTINGS: dict[str, tuple[str, Any]] = {
    "encoder_layers": ("layers", 12),
    "encoder_embed_dim": ("width", 768),
    "encoder_ffn_embed_dim": ("hidden", 3072),
    "encoder_attention_heads": ("heads", 12),
    "activation_fn": ("activation", "gelu"),
    "input_patch_size": ("patch", -1),
    "embed_dim": ("patch_width", 512),
    "conv_bias": ("patch_bias", False),
    "conv_pos": ("position_kernel", 128),
    "conv_pos_groups": ("position_groups", 16),
    "relative_position_embedding": ("relative_position", False),
    "num_buckets": ("buckets", 320),
    "max_distance": ("furthest", 1280),
    "gru_rel_pos": ("gated", False),
    "layer_norm_first": ("norm_first", False),
    "deep_norm": ("deep_norm", False),
    "dropout": ("dropout", 0.1),
    "attention_dropout": ("attention_dropout", 0.1),
    "activation_dropout": ("activation_dropout", 0.0),
    "dropout_input": ("input_dropout", 0.0),
    "predictor_dropout": ("predictor_dropout", 0.1),
    "encoder_layerdrop": ("layer_dropout", 0.0),
    "layer_wise_gradient_decay_ratio": ("gradient_decay", 1.0),
}

RENAMED = (
    (r"^layer_norm\.", "patch_norm."),
    (r"^post_extract_proj\.", "projection."),
    (r"^encoder\.pos_conv\.0\.weight_g$", "encoder.position.convolution.parametrizations.weight.original0"),
    (r"^encoder\.pos_conv\.0\.weight_v$", "encoder.position.convolution.parametrizations.weight.original1"),
    (r"^encoder\.pos_conv\.0\.", "encoder.position.convolution."),
    (r"^encoder\.layer_norm\.", "encoder.norm."),
    (rf"^encoder\.layers\.0\.{re.escape(TABLE)}$", "encoder.relative_position.table.weight"),
    (r"\.self_attn_layer_norm\.", ".attention_norm."),
    (r"\.final_layer_norm\.", ".norm."),
    (r"\.self_attn\.q_proj\.", ".attention.query."),
    (r"\.self_attn\.k_proj\.", ".attention.key."),
    (r"\.self_attn\.v_proj\.", ".attention.value."),
    (r"\.self_attn\.out_proj\.", ".attention.out."),
    (r"\.self_attn\.grep_linear\.", ".attention.gate."),
    (r"\.self_attn\.grep_a$", ".attention.gate_scale"),
    (r"\.fc1\.", ".widen."),
    (r"\.fc2\.", ".narrow."),
)


def read_beats(path: Path | str, window: Window | None = None, joined: tuple[int, ...] | None = None) -> BEATs:
    """The BEATs in a published file, on the CPU, ready to use; its size is what the file's `cfg` says.

    Args:
        path: the `.pt` file as published.
        window: what becomes of a sound, if not AudioToken's ten seconds, tiled.
        joined: layers, counted from 0, that `hear` joins (default: those one, two and three thirds of the way up).

    Raises WeightsError where the file is missing, is no BEATs or does not fit its own settings; in the last case it
    lists every tensor that is missing, unexpected or misshaped.
    """
    path = Path(path)
    content = read_published(path, "download BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt first")
    whole = isinstance(content, Mapping) and isinstance(content.get("cfg"), Mapping)
    if not whole or not is_state_dict(content.get("model")):
        raise WeightsError(f"{path}: lacks cfg and model; give a published BEATs file.")
    try:
        config = _config(content, window, joined)
    except ConfigError as error:
        raise WeightsError(f"{path}: no BEATs can be built from its settings: {error}") from None
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = BEATs(config)
    fill(model, {rename(name): tensor for name, tensor in _one_table(content["model"], path).items()}, path)
    return model.eval()


def is_beats(path: Path) -> bool:
    """Whether a file looks like a published BEATs, told from its first part without unpickling anything.

    Both formats of torch begin with the pickle that names every setting; the tensors follow.
    """
    try:
        with path.open("rb") as file:
            return b"encoder_layers" in file.read(HEAD)
    except OSError:
        return False


def rename(name: str) -> str:
    """The name in our network of a tensor in the published file."""
    for pattern, ours in RENAMED:
        name = re.sub(pattern, ours, name)
    return name


def _config(content: Mapping[str, Any], window: Window | None, joined: tuple[int, ...] | None) -> BEATsConfig:
    cfg = content["cfg"]
    settings = {ours: cfg.get(theirs, default) for theirs, (ours, default) in SETTINGS.items()}
    if settings["activation"] not in ("gelu", "relu") or settings["patch"] < 1:
        raise ConfigError(f"activation_fn={settings['activation']!r}, input_patch_size={settings['patch']}")
    settings["gated"] = bool(settings["gated"] and settings["relative_position"])
    thirds = tuple(max(0, settings["layers"] * third // 3 - 1) for third in (1, 2, 3))
    labels = content.get("label_dict") or {}
    return BEATsConfig(
        **settings,
        joined=joined or thirds,
        classes=cfg.get("predictor_class", 527) if cfg.get("finetuned_model", False) else 0,
        labels=tuple(str(labels[index]) for index in sorted(labels, key=int)),
        window=window or BEATsConfig().window,
    )


def _one_table(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The state without the repetitions of the table of relative positions, all of which must say the same."""
    tables = {name: tensor for name, tensor in state.items() if name.endswith(TABLE)}
    first = f"encoder.layers.0.{TABLE}"
    for name, table in tables.items():
        if first in tables and not torch.equal(table, tables[first]):
            raise WeightsError(f"{path}: {name} differs from layer 0's, and all layers share one; download it again.")
    return {name: tensor for name, tensor in state.items() if name not in tables or name == first}
