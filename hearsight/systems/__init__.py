"""The systems: each a whole way from sound to picture, one file each, behind the same call."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.config import nearest
from hearsight.errors import ConfigError
from hearsight.hub.folder import read_config, resolve, shipped_names

if TYPE_CHECKING:
    from hearsight.systems.base import System

NAMES = ("audioclip-diffusion", "audiotoken", "s2igan", "wav2clip-vqgan", "wavbrivl")
"""Every system there is."""


def load(name_or_folder: str | Path, *, device: Any = None, **options: Any) -> "System":
    """A system ready to draw: the name of one that ships with the package, a folder, or a hub id (owner/name).

    Args:
        device: where to put it, e.g. "cpu" or "cuda"; by default a GPU where there is one, else the CPU.
        options: what else the system may be loaded with. `load("audiotoken", pipeline="FOLDER or hub id",
            embedder="FILE")` puts one together from published files, see `AudioToken.assemble`.

    Raises:
        ConfigError: there is no such system, device or option.
        WeightsError: its weights are missing, unexpected or misshaped.
    """
    if name_or_folder == "audiotoken" and "embedder" in options:
        from hearsight.systems.audiotoken import AudioToken

        return AudioToken.assemble(device=device, **options)
    if name_or_folder == "audiotoken" and name_or_folder not in shipped_names():
        raise ConfigError(
            "audiotoken: no weights of it ship with the package; name its parts: pipeline (a Stable Diffusion folder "
            "or hub id) and embedder (a trained folder, or embedder_learned_embeds.bin)."
        )
    kind = system_class(read_config(resolve(name_or_folder))["system"])
    return kind.from_pretrained(name_or_folder, device=device, **options)


def system_class(name: str) -> "type[System]":
    """The class of a system."""
    match name:
        case "audioclip-diffusion":
            from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion

            return AudioCLIPDiffusion
        case "audiotoken":
            from hearsight.systems.audiotoken import AudioToken

            return AudioToken
        case "s2igan":
            from hearsight.systems.s2igan import S2IGAN

            return S2IGAN
        case "wav2clip-vqgan":
            from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN

            return Wav2CLIPVQGAN
        case "wavbrivl":
            from hearsight.systems.guided_vqgan import WavBriVLVQGAN

            return WavBriVLVQGAN
        case _:
            raise ConfigError(f"{name}: there is no such system; {nearest(name, NAMES)}")
