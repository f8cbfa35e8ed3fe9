"""The AudioCLIP that is meant by a name, whatever it is a part of."""

from pathlib import Path

from hearsight.device import usable_device
from hearsight.encoders.audioclip import AudioCLIP, AudioCLIPConfig
from hearsight.encoders.tokenizer import CLIPTokenizer
from hearsight.errors import ConfigError
from hearsight.hub.network import load_network
from hearsight.systems import load


def find_audioclip(source: str, vocabulary: Path | str | None = None, device: str | None = None) -> AudioCLIP:
    """The AudioCLIP of a system (its name, folder or hub id), of a trained network's folder, or of a published .pt.

    A .pt reads texts as CLIP's tokens: `vocabulary` is the folder of CLIP's vocab.json and merges.txt. Raises
    ConfigError where there is none.
    """
    if source.endswith(".pt"):
        from hearsight.hub.converters.audioclip import read_audioclip

        if vocabulary is None:
            raise ConfigError(f"{source}: reads labels as CLIP's tokens; say where they are with --vocabulary FOLDER.")
        return read_audioclip(source, tokenizer=CLIPTokenizer(vocabulary)).to(usable_device(device))
    if (Path(source) / "audioclip.safetensors").is_file() and not (Path(source) / "unet.safetensors").is_file():
        return load_network(Path(source), "audioclip", AudioCLIP, AudioCLIPConfig).to(usable_device(device))
    system = load(source, device=device)
    network = system.components.get("audioclip")
    if not isinstance(network, AudioCLIP):
        raise ConfigError(f"{source}: {system.name} has no AudioCLIP to compare sounds with labels.")
    return network
