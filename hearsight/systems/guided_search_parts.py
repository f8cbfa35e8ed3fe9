"""The parts of systems that search, read from published files or from folders that our own training made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from torch import nn

from hearsight.encoders import brivl_image
from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.errors import ConfigError
from hearsight.generators.code_transformer import CodeTransformer, CodeTransformerConfig
from hearsight.hub.converters.brivl_image import read_brivl_image
from hearsight.hub.converters.clip import read_clip_resnet
from hearsight.hub.converters.wav2clip import read_wav2clip
from hearsight.hub.folder import CONFIG
from hearsight.hub.network import load_network

Network = TypeVar("Network", bound=nn.Module)
Place = str | Path

FORMS = {
    "published": brivl_image.published,
    "first_release": brivl_image.first_release,
    "reranker": brivl_image.reranker,
}
"""How BriVL's published files are fed."""


def read_wav2clip_ear(place: Place) -> Wav2CLIP:
    """`Wav2CLIP.pt`, or the folder of a trained one."""
    if Path(place).is_dir():
        return load_network(Path(place), "wav2clip", Wav2CLIP, Wav2CLIPConfig)
    return read_wav2clip(place)


def read_wavbrivl_ear(place: Place) -> WavBriVL:
    """The folder of a trained WavBriVL: there is no published file."""
    return load_network(Path(place), "wavbrivl", WavBriVL, WavBriVLConfig)


def read_clip_eye(place: Place, vocabulary: Place | None = None) -> CLIP:
    """A folder or hub id in transformers' layout, `RN50.pt`, or the folder of a trained CLIP; perhaps a vocabulary."""
    folder = Path(place)
    if _is_ours(folder):
        eye = load_network(folder, "clip", CLIP, CLIPConfig)
    else:
        eye = read_clip_resnet(folder) if folder.is_file() else CLIP.from_pretrained(place)
    if vocabulary is not None:
        eye.tokenizer = CLIPTokenizer(vocabulary, eye.config.text.context)
    return eye


def read_brivl_eye(place: Place, form: str = "published") -> BriVLImage:
    """A published file of BriVL, fed as `form` says, or the folder of a trained image tower."""
    if Path(place).is_dir():
        return load_network(Path(place), "brivl_image", BriVLImage, BriVLImageConfig)
    if form not in FORMS:
        raise ConfigError(f"form={form!r}: BriVL is fed in one of these: {', '.join(FORMS)}.")
    return read_brivl_image(place, FORMS[form]())


def read_painter(
    place: Place, name: str, kind: type[Network], config_class: type[Any], published: Callable[[Place], Network]
) -> Network:
    """A generator: the folder of a trained one, which is called `name`, or its published file."""
    return load_network(Path(place), name, kind, config_class) if Path(place).is_dir() else published(place)


def read_code_transformer(place: Place) -> CodeTransformer:
    """The folder of a trained transformer of a VQGAN's codes."""
    return load_network(Path(place), "code_transformer", CodeTransformer, CodeTransformerConfig)


def _is_ours(folder: Path) -> bool:
    """Whether a folder was made by `save_network`."""
    try:
        content = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and "network" in content
