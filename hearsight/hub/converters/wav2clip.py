"""`Wav2CLIP.pt` (github.com/descriptinc/lyrebird-wav2clip, MIT): one flat state dict.

A training checkpoint of the same code also holds the picture's projection and two temperatures; as in the published
loader, only what belongs to hearing is taken.
"""

import re
from pathlib import Path

import torch

from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig, published
from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

NAME = "Wav2CLIP.pt"
HEARING = ("audio_encoder.", "audio_transform.")

RENAMED = (
    (r"^audio_encoder\.spectrogram\.window$", "window"),
    (r"^audio_encoder\.", ""),
    (r"^audio_transform\.sequential\.", "project."),
    *((rf"^layer{n}\.", f"stages.{n - 1}.") for n in range(1, 5)),
)


def read_wav2clip(path: Path | str, config: Wav2CLIPConfig | None = None) -> Wav2CLIP:
    """The Wav2CLIP in a published file, on the CPU, ready to use.

    Args:
        path: the `.pt` file as published.
        config: the network in it, if not the published one; its `standardise` is free to choose.

    Raises WeightsError where the file is missing, no state dict or does not fit; then it lists every tensor that is
    missing, unexpected or misshaped.
    """
    path = Path(path)
    state = read_published(path, f"download {NAME} first")
    if not is_state_dict(state):
        raise WeightsError(f"{path}: holds {type(state).__name__}, not tensors by name; give the published {NAME}.")
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = Wav2CLIP(config or published())
    fill(model, {rename(name): tensor for name, tensor in state.items() if name.startswith(HEARING)}, path)
    return model.eval()


def rename(name: str) -> str:
    """The name in our network of a tensor in the published file."""
    for pattern, ours in RENAMED:
        name = re.sub(pattern, ours, name)
    return name
