"""`stylegan2-ffhq-config-f.pt` and its like: StyleGAN2 generators in the layout of rosinality's stylegan2-pytorch.

A dict with the generator under `g_ema` and the running mean of W under `latent_avg`; `g` and `d`, the networks in
training, and anything else are left alone. Some files lack noise buffers or the mean: the noise is then drawn from
seed 0, the mean estimated as StyleCLIP does. Filter kernels are constants; our network keeps no tensors for them.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from hearsight.errors import WeightsError
from hearsight.generators.stylegan2 import StyleGAN2, StyleGAN2Config, draw_noises
from hearsight.hub.converters.foreign_classes import read_without_foreign_classes
from hearsight.hub.converters.published_file import fill, is_state_dict

WHAT = "stylegan2-ffhq-config-f.pt or another file made by stylegan2-pytorch's convert_weight.py"

RENAMED = (
    (r"^input\.input$", "constant"),
    (r"^conv1\.", "first."),
    (r"^to_rgb1\.", "first_rgb."),
    (r"^to_rgbs\.", "rgbs."),
    (r"\.noise\.weight$", ".noise_strength"),
    (r"\.activate\.bias$", ".bias"),
    (r"^noises\.noise_", "noise_"),
)


def read_stylegan2(path: Path | str) -> StyleGAN2:
    """The generator in a published file, of any size and width, on the CPU, ready to use.

    Raises WeightsError where the file is missing, unsafe, of another kind or incomplete; it lists what does not fit.
    """
    path = Path(path)
    content = read_without_foreign_classes(path, f"give {WHAT}")
    state = content.get("g_ema") if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not is_state_dict(state):
        raise WeightsError(f"{path}: has no tensors under `g_ema`; give {WHAT}.")
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = StyleGAN2(config_of(state, path))
    found = {rename(name): _shaped(name, tensor) for name, tensor in state.items() if not name.endswith(".kernel")}
    for number, drawn in enumerate(draw_noises(model.config, [0])):
        found.setdefault(f"noise_{number}", drawn)
    mean = content.get("latent_avg")
    found["mean_w"] = mean if isinstance(mean, Tensor) else torch.zeros(model.config.style_width)
    fill(model, found, path)
    if not isinstance(mean, Tensor):
        model.mean_w.copy_(model.estimate_mean())
    return model.eval()


def rename(name: str) -> str:
    """The name in our network of a tensor of the published generator."""
    if found := re.match(r"style\.(\d+)\.(.*)", name):
        return f"mapping.{int(found[1]) - 1}.{found[2]}"
    if found := re.match(r"convs\.(\d+)\.(.*)", name):  # steps up and plain convolutions take turns
        number = int(found[1])
        name = f"{'convs' if number % 2 else 'ups'}.{number // 2}.{found[2]}"
    for pattern, ours in RENAMED:
        name = re.sub(pattern, ours, name)
    return name


def config_of(state: Mapping[str, Tensor], path: Path) -> StyleGAN2Config:
    """The network that a published state dict belongs to."""
    mapping = sum(bool(re.fullmatch(r"style\.\d+\.weight", name)) for name in state)
    steps = sum(bool(re.fullmatch(r"convs\.\d+\.conv\.weight", name)) for name in state) // 2
    try:
        widths = [state["input.input"].shape[1]]
        widths += [state[f"convs.{2 * step}.conv.weight"].shape[1] for step in range(steps)]
        return StyleGAN2Config(tuple(widths), state["style.1.weight"].shape[1], mapping)
    except (KeyError, IndexError):
        raise WeightsError(f"{path}: what is under `g_ema` is no StyleGAN2 generator; give {WHAT}.") from None


def _shaped(name: str, tensor: Tensor) -> Tensor:
    """The published tensor without the axes that are there for broadcasting only."""
    if tensor.ndim == 5:  # a modulated convolution, with an axis for the pictures of a batch
        return tensor[0]
    return tensor.flatten() if re.fullmatch(r"to_rgb(1|s\.\d+)\.bias", name) else tensor
