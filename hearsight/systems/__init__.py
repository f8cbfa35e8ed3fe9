"""The systems: each a whole way from sound to picture, one file each, behind the same call."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.config import nearest
from hearsight.errors import ConfigError
from hearsight.hub.folder import CONFIG, read_config, resolve, shipped_names

if TYPE_CHECKING:
    from hearsight.systems.base import System

SYSTEMS = {
    "audioclip-diffusion": "AudioCLIP hears, a pixel diffusion U-Net draws.",
    "audiotoken": "A sound becomes a word of Stable Diffusion.",
    "imagebind-unclip": "ImageBind hears, Stable unCLIP draws.",
    "s2igan": "Draws what a spoken sentence says.",
    "stylewav": "Wav2CLIP hears, CLIP looks, StyleGAN2 is searched.",
    "wav2clip-vqgan": "Wav2CLIP hears, CLIP looks, VQGAN is searched.",
    "wavbrivl": "WavBriVL hears, BriVL looks, VQGAN is searched.",
}
"""Every system there is, in a sentence."""
NAMES = tuple(SYSTEMS)


def load(name_or_folder: str | Path, *, device: Any = None, **options: Any) -> "System":
    """A system ready to draw: the name of one that ships with the package, a folder, or a hub id (owner/name).

    Args:
        device: where to put it, e.g. "cpu" or "cuda"; by default a GPU where there is one, else the CPU.
        options: what else the system may be loaded with. With all of its `parts` it is put together from published
            files: `load("audiotoken", pipeline="FOLDER or hub id", embedder="FILE")`, see its `assemble`.

    Raises:
        ConfigError: there is no such system, device or option.
        WeightsError: its weights are missing, unexpected or misshaped.
    """
    name = str(name_or_folder).replace("_", "-")
    if name in NAMES and not (Path(name_or_folder) / CONFIG).is_file() and (kind := system_class(name)).parts:
        if kind.parts.keys() <= options.keys():
            return kind.assemble(device=device, **options)
        if name not in shipped_names():
            wanted = " and ".join(f"{part} ({what})" for part, what in kind.parts.items())
            raise ConfigError(f"{name}: no weights of it ship with the package; name its parts: {wanted}.")
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
        case "imagebind-unclip":
            from hearsight.systems.imagebind_unclip import ImageBindUnCLIP

            return ImageBindUnCLIP
        case "s2igan":
            from hearsight.systems.s2igan import S2IGAN

            return S2IGAN
        case "stylewav":
            from hearsight.systems.stylewav import StyleWav

            return StyleWav
        case "wav2clip-vqgan":
            from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN

            return Wav2CLIPVQGAN
        case "wavbrivl":
            from hearsight.systems.guided_vqgan import WavBriVLVQGAN

            return WavBriVLVQGAN
        case _:
            raise ConfigError(f"{name}: there is no such system; {nearest(name, NAMES)}")
