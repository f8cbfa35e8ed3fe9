"""`RN50.pt` (github.com/openai/CLIP, MIT): a TorchScript archive with the names of tensors that AudioCLIP took over.

The same state dict as a plain file, `.pt` or `.safetensors`, is read too. The vision transformers are read in
transformers' layout instead, by `CLIP.from_pretrained`.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from hearsight.encoders.clip import CLIP, CLIPConfig, resnet50
from hearsight.encoders.tokenizer import Tokenizer
from hearsight.errors import WeightsError
from hearsight.hub.converters import audioclip
from hearsight.hub.converters.published_file import fill, is_state_dict, read_published

NAME = "RN50.pt"
SIZES = ("input_resolution", "context_length", "vocab_size")  # numbers that the archive holds beside the weights


def read_clip_resnet(path: Path | str, config: CLIPConfig | None = None, tokenizer: Tokenizer | None = None) -> CLIP:
    """The CLIP with a ResNet in a published file, on the CPU in float32, ready to use.

    Args:
        path: the file as published, or its state dict.
        config: the network in it, if not RN50.
        tokenizer: CLIP's tokenizer, for `read`; it can be set later.

    Raises WeightsError where the file is missing, no state dict or does not fit; then it lists every tensor that is
    missing, unexpected or misshaped.
    """
    path = Path(path)
    found = {rename(name): tensor for name, tensor in _state_dict(path).items() if name not in SIZES}
    with torch.device("meta"):  # shapes without memory: the file's own tensors become the weights
        model = CLIP(config or resnet50(), tokenizer)
    fill(model, found, path)
    return model.eval()


def rename(name: str) -> str:
    """The name in our network of a tensor in the published file."""
    return "scale" if name == "logit_scale" else audioclip.rename(name)


def is_archive(path: Path) -> bool:
    """Whether it is a TorchScript archive, the form in which OpenAI published its models."""
    import zipfile

    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as file:
        return any(name.endswith("/constants.pkl") for name in file.namelist())


def _state_dict(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if is_archive(path):
        # torch's own loader for such archives builds tensors and compiled code; the code is never called.
        return torch.jit.load(path, map_location="cpu").state_dict()
    state = read_published(path, f"download {NAME} first")
    if not is_state_dict(state):
        raise WeightsError(f"{path}: holds {type(state).__name__}, not tensors by name; give the published {NAME}.")
    return state


def _safetensors(path: Path) -> Mapping[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except FileNotFoundError:
        raise WeightsError(f"{path}: there is no such file; download {NAME} first.") from None
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: not a safetensors file that can be read ({error}); download it again.") from None
