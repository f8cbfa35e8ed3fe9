"""A spoken sentence becomes a picture, warm: S2IGAN's whole way, and its stations.

No other hand's network does the whole of it. Hearing is set beside transformers' Audio Spectrogram Transformer of the
same number of parameters, with its feature extractor.
"""

from pathlib import Path

import numpy as np
import torch

from benchmarks import peers, subject
from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.sound.sound import Sound
from hearsight.systems import s2igan
from hearsight.systems.s2igan import S2IGAN

WORD = Path(__file__).parent.parent / "examples" / "seven.ogg"
SECONDS = 4.0
"""How long the sentence is: some ten words."""


def measure(setting: Setting) -> list[Comparison]:
    """From samples to picture. Weights are random: they change no time."""
    system, sound = S2IGAN(s2igan.debug() if setting.debug else s2igan.pocket()), sentence()
    condition = system.hear([sound])
    ear = peers.ear_of(subject.parameters(system.speech), SECONDS)
    resampled = torch.from_numpy(sound.resample(peers.EAR_RATE).samples)
    small, large = system.config.generator.sides[0], system.config.generator.sides[-1]
    millions = [subject.parameters(network) / 1e6 for network in (system.speech, system.generator, ear)]
    listening, painting, peer = (f"{count:.2f} M parameters, fp32" for count in millions)
    rows = race(
        [
            Contender(f"hearsight: {SECONDS:g} s of speech to picture", lambda: system(sound), "both"),
            Contender("hearing alone", lambda: system.hear([sound]), listening),
            Contender(
                "transformers: ASTModel and its feature extractor, hearing alone",
                lambda: ear(ear.spectrogram(resampled)),
                peer,
            ),
            Contender(
                "drawing alone", lambda: system.draw(condition, seeds=[0]), f"{painting}, {small} to {large} pixels"
            ),
        ],
        setting,
    )
    return [Comparison("A sentence without text: warm, one sound at a time", "picture", rows)]


def sentence() -> Sound:
    """A person's word over and over, for as long as a sentence."""
    word = Sound.read(WORD).mono()
    samples = np.resize(word.samples, (1, round(SECONDS * word.rate)))
    return Sound(np.ascontiguousarray(samples), word.rate, "sentence")
