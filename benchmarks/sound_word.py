"""What hearing adds to a picture of AudioToken: the whole way from sound beside the plain pipeline from words."""

from typing import Any

import numpy as np
import torch

from benchmarks import subject
from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.sound.sound import Sound
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken

STEPS = 20
GUIDANCE = 5.0


def measure(setting: Setting) -> list[Comparison]:
    """Sound to picture, and diffusers' own call of the same pipeline with a text. Weights are random: they change no
    time."""
    system = AudioToken(audiotoken.debug() if setting.debug else audiotoken.pocket())
    sound = Sound(np.random.default_rng(0).uniform(-0.5, 0.5, (1, 80000)).astype(np.float32), 16000)
    steps = 2 if setting.debug else STEPS
    unet = f"U-Net of {subject.parameters(system.diffusion.pipeline.unet) / 1e6:.1f} M parameters, fp32"
    rows = race(
        [
            Contender("hearsight: five seconds of sound to picture", lambda: from_sound(system, sound, steps), unet),
            Contender("diffusers: StableDiffusionPipeline, words to picture", lambda: from_words(system, steps), unet),
            Contender("hearsight: hearing alone", lambda: system.hear([sound])),
        ],
        setting,
    )
    return [Comparison(f"A sound as a word: {steps} steps of DDIM, guided", "picture", rows)]


def from_sound(system: AudioToken, sound: Sound, steps: int) -> Any:
    """Hear, make a word of it, draw."""
    settings = {"prompt": "a photo of <sound>", "scheduler": "own", "steps": steps, "guidance": GUIDANCE}
    return system.draw(system.hear([sound]), seeds=[0], **settings)


def from_words(system: AudioToken, steps: int) -> Any:
    """As diffusers' users call it."""
    pipeline: Any = system.diffusion.pipeline
    randomness = torch.Generator().manual_seed(0)
    return pipeline("a photo of a dog", num_inference_steps=steps, guidance_scale=GUIDANCE, generator=randomness)
