"""What becomes of sounds that are shorter or longer than an encoder hears at once."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound


@dataclass(frozen=True, eq=False)
class Clips:
    """The windows of one sound, mono, each exactly as long as the encoder asks."""

    samples: Float[Tensor, "window time"]
    """float32 in [-1, 1]"""
    mask: Bool[Tensor, "window time"]
    """True where the sound is, False on padding"""
    starts: tuple[float, ...]
    """where in the sound each window begins, in seconds"""

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class Window:
    """An encoder's demands on a sound, and its policy for sounds of another length."""

    rate: int
    """samples per second the encoder was trained at; the sound is resampled to it"""
    seconds: float
    """length of one window"""
    short: Literal["tile", "pad"] = "tile"
    """shorter sounds: repeat them until the window is full, or append zeros with a mask that says so"""
    long: Literal["crop", "slide", "average"] = "average"
    """longer sounds: the window in their centre; windows all along; the same windows, embeddings averaged"""
    hop: float | None = None
    """seconds from one window to the next (default: no overlap); the last window ends with the sound"""
    pause: float = 0.0
    """seconds of silence between the repetitions of a tiled sound, which keep its end apart from its beginning"""

    def __post_init__(self) -> None:
        if self.rate < 1:
            raise ConfigError(f"rate={self.rate}: an encoder hears at least one sample per second; e.g. 16000.")
        if not 1 <= self.seconds * self.rate < math.inf:
            raise ConfigError(f"seconds={self.seconds}: a window holds one sample or more; give some seconds.")
        if self.hop is not None and not 1 <= self.hop * self.rate < math.inf:
            raise ConfigError(f"hop={self.hop}: windows advance by one sample or more; give some seconds.")
        if not 0 <= self.pause < math.inf:
            raise ConfigError(f"pause={self.pause}: a pause lasts some seconds, or 0 for none.")
        if self.short not in ("tile", "pad"):
            raise ConfigError(f"short={self.short!r}: short sounds are tiled or padded; give 'tile' or 'pad'.")
        if self.long not in ("crop", "slide", "average"):
            raise ConfigError(f"long={self.long!r}: give 'crop', 'slide' or 'average'.")

    @property
    def length(self) -> int:
        """Samples in one window."""
        return round(self.seconds * self.rate)

    def cut(self, sound: Sound) -> Clips:
        """The windows of `sound`, mixed to one channel and resampled."""
        samples = sound.mono().resample(self.rate).samples[0]
        if len(samples) < self.length:
            return self._filled(samples)
        starts = self._starts(len(samples))
        windows = torch.from_numpy(np.stack([samples[start : start + self.length] for start in starts]))
        # One row of True seen by every window: a long sound's mask costs nothing.
        mask = torch.ones(1, self.length, dtype=torch.bool).expand(len(starts), -1)
        return Clips(windows, mask, tuple(start / self.rate for start in starts))

    def _filled(self, samples: Float[np.ndarray, " time"]) -> Clips:
        silence = round(self.pause * self.rate) if self.short == "tile" else self.length - len(samples)
        heard = np.pad(np.ones(len(samples), dtype=bool), (0, silence))
        # np.resize repeats as often as it takes; what is padded is as long as the window already.
        filled, mask = (np.resize(row, self.length) for row in (np.pad(samples, (0, silence)), heard))
        return Clips(torch.from_numpy(filled)[None], torch.from_numpy(mask)[None], (0.0,))

    def _starts(self, time: int) -> list[int]:
        """The first sample of every window in a sound of `time` samples, which is at least one window long."""
        last = time - self.length
        if self.long == "crop":
            return [last // 2]
        hop = self.length if self.hop is None else round(self.hop * self.rate)
        starts = list(range(0, last + 1, hop))
        return starts if starts[-1] == last else [*starts, last]
