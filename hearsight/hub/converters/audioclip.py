"""`AudioCLIP-Full-Training.pt` and `AudioCLIP-Partial-Training.pt` (github.com/AndreyGuzhov/AudioCLIP, MIT).

One flat state dict of 861 tensors. Full: all three heads fine-tuned together. Partial: the audio head trained against
the frozen CLIP RN50, so its sounds lie in CLIP's own space.
"""

import re
from pathlib import Path

import torch

from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig, published
from hearsight.encoders.tokenizer import Tokenizer
from hearsight.errors import WeightsError
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

EMPTY = "audio.fbsp.bias"  # a bias that is not there, stored by some versions as a tensor without elements

RENAMED = (
    (r"^logit_scale$", "scale_image_text"),
    (r"^logit_scale_ai$", "scale_audio_image"),
    (r"^logit_scale_at$", "scale_audio_text"),
    (r"^visual\.attnpool\.", "image.pool."),
    (r"^visual\.", "image."),
    (r"^transformer\.resblocks\.", "text.blocks."),
    (r"\.attn\.in_proj_", ".attn.in_proj."),
    (r"^(token_embedding|positional_embedding|ln_final|text_projection)\b", r"text.\1"),
    (r"^audio\.window$", "audio.fbsp.window"),
    (r"^audio\.fbsp\.m$", "audio.fbsp.order"),
    (r"^audio\.fbsp\.fb$", "audio.fbsp.bandwidth"),
    (r"^audio\.fbsp\.fc$", "audio.fbsp.centre"),
    (r"^audio\.att5\.", "audio.pool_attention."),
    *((rf"^audio\.att{n}\.", f"audio.attentions.{n - 1}.") for n in range(1, 5)),
    *((rf"\.layer{n}\.", f".stages.{n - 1}.") for n in range(1, 5)),
)


def read_audioclip(
    path: Path | str, config: AudioCLIPConfig | None = None, tokenizer: Tokenizer | None = None
) -> AudioCLIP:
    """The AudioCLIP in a published file, on the CPU, ready to use.

    Args:
        path: the `.pt` file as published.
        config: the network in it, if not the published one.
        tokenizer: CLIP's tokenizer, for `read` and `classify`; it can be set later.

    Raises WeightsError where the file is missing, no state dict or does not fit; then it lists every tensor that is
    missing, unexpected or misshaped.
    """
    path = Path(path)
    state = read_published(path, "download AudioCLIP-Full-Training.pt first")
    if not is_state_dict(state):
        raise WeightsError(
            f"{path}: holds {type(state).__name__}, not tensors by name; give a published AudioCLIP file."
        )
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = AudioCLIP(config or published(), tokenizer)
    fill(model, {rename(name): tensor for name, tensor in state.items() if name != EMPTY}, path)
    return model.eval()


def rename(name: str) -> str:
    """The name in our network of a tensor in the published file."""
    for pattern, ours in RENAMED:
        name = re.sub(pattern, ours, name)
    return name
