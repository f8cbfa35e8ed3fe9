"""The networks that are meant by some names, joined to one space of embeddings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from hearsight.data.trained_folder import trained_folder
from hearsight.device import usable_device
from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig
from hearsight.encoders.brivl_image import BriVLImage, BriVLImageConfig
from hearsight.encoders.clip import CLIP, CLIPConfig
from hearsight.encoders.shared_space import SharedSpace
from hearsight.encoders.speech import SpeechEncoder
from hearsight.encoders.speech_embedding import SpeechEmbedding, SpeechEmbeddingConfig
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.encoders.wav2clip import Wav2CLIP, Wav2CLIPConfig
from hearsight.encoders.wavbrivl import WavBriVL, WavBriVLConfig
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network
from hearsight.systems import load

SHARING = (AudioCLIP, CLIP, Wav2CLIP, WavBriVL, BriVLImage, SpeechEncoder)
"""What of a system's networks shares a space with another."""
FILES = (".pt", ".pth", ".bin", ".safetensors")


def find_shared_space(
    sources: Sequence[str], vocabulary: Path | str | None = None, device: str | None = None
) -> SharedSpace:
    """The space of one source, or of several that were trained together (Wav2CLIP and its CLIP).

    Args:
        sources: each a system (its name or folder), the folder of a trained network, a published file (AudioCLIP,
            Wav2CLIP, CLIP RN50, BriVL), or a CLIP in transformers' layout (a folder or hub id).
        vocabulary: the folder of CLIP's vocab.json and merges.txt, for published files, which do not hold it.

    Raises ConfigError for a source that has nothing to share and for two that do the same, WeightsError for weights
    that are missing or do not fit.
    """
    networks = [network for source in sources for network in _networks(source, device)]
    for network in networks:
        if isinstance(network, AudioCLIP | CLIP) and network.tokenizer is None and vocabulary is not None:
            network.tokenizer = CLIPTokenizer(vocabulary, network.config.text.context)
    chosen = usable_device(device)
    return SharedSpace.of(*(network.to(chosen).eval().requires_grad_(False) for network in networks))


def _networks(source: str, device: str | None) -> list[nn.Module]:
    if Path(source).suffix in FILES and not Path(source).is_dir():
        return [_published(Path(source))]
    folder, held = trained_folder(source)
    match held:
        case "system":
            return _of_system(source, device)
        case "audioclip":
            return [load_network(folder, held, AudioCLIP, AudioCLIPConfig)]
        case "clip":
            return [load_network(folder, held, CLIP, CLIPConfig)]
        case "wav2clip":
            return [load_network(folder, held, Wav2CLIP, Wav2CLIPConfig)]
        case "wavbrivl":
            return [load_network(folder, held, WavBriVL, WavBriVLConfig)]
        case "brivl_image":
            return [load_network(folder, held, BriVLImage, BriVLImageConfig)]
        case "speech_embedding":
            both = load_network(folder, held, SpeechEmbedding, SpeechEmbeddingConfig)
            return [both.speech, both.picture]
        case "":
            return [_of_transformers(source)]
    raise ConfigError(f"{source}: a {held} shares no space with other things; give an AudioCLIP, or an ear and an eye.")


def _of_system(source: str, device: str | None) -> list[nn.Module]:
    system = load(source, device=device)
    found: list[nn.Module] = [network for network in system.components.values() if isinstance(network, SHARING)]
    if not found:
        raise ConfigError(f"{source}: {system.name} hears, but in no space that pictures or texts share; give another.")
    return found


def _of_transformers(source: str) -> CLIP:
    if not Path(source).is_dir() and source.count("/") != 1:
        raise ConfigError(
            f"{source}: neither a system that ships with the package, nor a folder, nor a published .pt file, nor the "
            "hub id of a CLIP (owner/name)."
        )
    return CLIP.from_pretrained(source)


def _published(path: Path) -> nn.Module:
    """The network of a published file, told apart by the names of its tensors."""
    from hearsight.hub.converters.audioclip import read_audioclip
    from hearsight.hub.converters.brivl_image import read_brivl_image
    from hearsight.hub.converters.clip import is_archive, read_clip_resnet
    from hearsight.hub.converters.published_file import read_published
    from hearsight.hub.converters.wav2clip import HEARING, read_wav2clip

    if path.suffix == ".safetensors" or is_archive(path):
        return read_clip_resnet(path)
    content: Any = read_published(path, "give the path of a published file")
    names = tuple(map(str, content)) if isinstance(content, Mapping) else ()
    if "learnable" in names:
        return read_brivl_image(path)
    if any(name.startswith(HEARING) for name in names):
        return read_wav2clip(path)
    if any(name.startswith("audio.") for name in names):
        return read_audioclip(path)
    if any(name.startswith("visual.") for name in names):
        return read_clip_resnet(path)
    raise ConfigError(f"{path}: no network that is known here; give a published AudioCLIP, Wav2CLIP, CLIP or BriVL.")
