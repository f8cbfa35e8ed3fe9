"""Hearsight: a sound goes in, a picture comes out.

import hearsight

system = hearsight.load("audioclip-diffusion")
system("rooster.ogg")[0].save("rooster.png")
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "S2IGAN",
    "AudioCLIPDiffusion",
    "AudioToken",
    "Picture",
    "Sound",
    "StyleWav",
    "Wav2CLIPVQGAN",
    "WavBriVLVQGAN",
    "__version__",
    "load",
]

# OpenMP threads that spin while they wait cost up to ten times the work on shared cores; torch asks once, as it loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from hearsight.picture import Picture
    from hearsight.sound.sound import Sound
    from hearsight.systems import load
    from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion
    from hearsight.systems.audiotoken import AudioToken
    from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN, WavBriVLVQGAN
    from hearsight.systems.s2igan import S2IGAN
    from hearsight.systems.stylewav import StyleWav


_HOMES = {
    "AudioCLIPDiffusion": "hearsight.systems.audioclip_diffusion",
    "AudioToken": "hearsight.systems.audiotoken",
    "Picture": "hearsight.picture",
    "S2IGAN": "hearsight.systems.s2igan",
    "Sound": "hearsight.sound.sound",
    "StyleWav": "hearsight.systems.stylewav",
    "Wav2CLIPVQGAN": "hearsight.systems.guided_vqgan",
    "WavBriVLVQGAN": "hearsight.systems.guided_vqgan",
    "load": "hearsight.systems",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `import hearsight` costs nothing (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hearsight' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
