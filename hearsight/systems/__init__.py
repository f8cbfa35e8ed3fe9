"""The systems: each a whole way from sound to picture, one file each, behind the same call."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.config import nearest
from hearsight.errors import ConfigError
from hearsight.hub.folder import read_config, resolve

if TYPE_CHECKING:
    from hearsight.systems.base import System

NAMES = ("audioclip-diffusion",)
"""Every system there is."""


def load(name_or_folder: str | Path, *, device: Any = None) -> "System":
    """A system ready to draw: the name of one that ships with the package, a folder, or a hub id (owner/name).

    Args:
        device: where to put it, e.g. "cpu" or "cuda"; by default a GPU where there is one, else the CPU.

    Raises:
        ConfigError: there is no such system or device.
        WeightsError: its weights are missing, unexpected or misshaped.
    """
    kind = system_class(read_config(resolve(name_or_folder))["system"])
    return kind.from_pretrained(name_or_folder, device=device)


def system_class(name: str) -> "type[System]":
    """The class of a system."""
    match name:
        case "audioclip-diffusion":
            from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion

            return AudioCLIPDiffusion
        case _:
            raise ConfigError(f"{name}: there is no such system; {nearest(name, NAMES)}")
