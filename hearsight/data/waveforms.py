"""Batches of waveforms, read from the disk as they are drawn: what the published audio head is trained on."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hearsight.data.stratified import ClassFiles
from hearsight.data.waveform_augmentation import WaveformAugmentation, vary
from hearsight.sound.sound import Sound
from hearsight.sound.window import Window

MARGIN = 0.01
"""Seconds read beyond the window, so that rounding to the file's own samples never leaves it one short."""


@dataclass(frozen=True, eq=False)
class Waveforms:
    """Sounds that stay on the disk until a batch asks for them."""

    files: ClassFiles
    """The sounds of every class."""
    window: Window
    """The audio head's: its rate, its length, and what becomes of shorter sounds."""
    augmentation: WaveformAugmentation = field(default_factory=WaveformAugmentation)
    """How sounds are changed."""

    def heard(self, classes: Int[np.ndarray, " batch"], random: np.random.Generator) -> dict[str, Tensor]:
        """`waveform` [batch, 1, time] in [-1, 1] before augmentation; of row n, `share` is its own, the rest `other`'s.

        Raises SoundError for a file that cannot be read.
        """
        clips = [clip(self.files.draw(label, random), self.window, random) for label in classes]
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        varied = vary(torch.stack(clips), self.augmentation, self.window.rate, generator)
        return {"waveform": varied.waveform[:, None], "other": varied.other, "share": varied.share}


def clip(path: Path, window: Window, random: np.random.Generator) -> Float[Tensor, " time"]:
    """One window of the sound in a file, from a random place on; no more of it is read where its length is known."""
    place = random.random()
    length = _seconds(path)
    if length is None:  # what libsndfile does not know is read whole
        sound = Sound.read(path)
        return _part(sound, place * max(0.0, sound.seconds - window.seconds), window)
    return _part(path, place * max(0.0, length - window.seconds), window)


def _part(source: Path | Sound, start: float, window: Window) -> Float[Tensor, " time"]:
    return window.cut(Sound.read(source, start=start, duration=window.seconds + MARGIN)).samples[0]


def _seconds(path: Path) -> float | None:
    import soundfile

    try:
        return float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, TypeError):
        return None
