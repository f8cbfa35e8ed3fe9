"""A sound: float32 samples [channel, time] in [-1, 1] and their rate."""

import hashlib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Float

from hearsight.errors import SoundError
from hearsight.sound.decode import NO_SAMPLES, decode
from hearsight.sound.excerpt import Excerpt

# Lossy decoders, hot float recordings and resampling overshoot full scale a little: that much is clipped, as a sound
# card would. Larger numbers were never in [-1, 1] (16-bit values kept as floats, say); clipping would hide the mistake.
OVERSHOOT = 4.0

# The full scale of each integer type that recordings come in; unsigned bytes are centred on 128 (as in WAV).
FULL_SCALE = {"int8": 2.0**7, "uint8": 2.0**7, "int16": 2.0**15, "int32": 2.0**31}

# In a two-dimensional array of unknown orientation, an axis of at most this many entries can be the channels.
MOST_CHANNELS = 8

Source = str | Path | bytes | BinaryIO | tuple[Any, int]


@dataclass(frozen=True, eq=False)
class Sound:
    """Samples with their rate. Every sound that exists is finite, in range and at least one sample long.

    Raises SoundError where it would not be.
    """

    samples: Float[np.ndarray, "channel time"]
    """float32 in [-1, 1]; overshoot up to four times full scale is clipped"""
    rate: int
    """samples per second"""
    name: str = "sound"
    """what messages and file names call it"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", _checked_rate(self.rate, self.name))
        object.__setattr__(self, "samples", _checked_samples(self.samples, self.name))

    @classmethod
    def read(
        cls,
        source: "Source | Sound",
        *,
        start: float = 0.0,
        duration: float | None = None,
        channel: int | None = None,
        rate: int | None = None,
        name: str | None = None,
    ) -> "Sound":
        """The sound in a file (path, bytes or binary file object: audio or video) or in a pair (array, rate).

        Args:
            source: arrays may be floats in [-1, 1] or int8, uint8, int16 or int32, of shape [time], [channel, time] or
                [time, channel]. An axis of length 1 is the channels; otherwise the only axis of at most 8 entries is.
                Where neither rule decides, build `Sound(samples, rate)` yourself, always [channel, time].
            start: seconds to leave out at the beginning; the file is sought, not read, up to there.
            duration: seconds to keep, fewer where the sound ends earlier; nothing beyond them is read.
            channel: keep this one only, counted from 0 (default: all of them; `mono` mixes).
            rate: resample to this many samples per second.
            name: what messages call it (default: the file's name).

        Raises:
            SoundError: no such file, no sound in it, damaged, empty, not finite, or an excerpt outside of it.
            MissingDependency: the format needs PyAV, which is not installed.
        """
        name = name or _name(source)
        excerpt = Excerpt(start, duration, channel, name)
        if isinstance(source, tuple):
            sound = cls(*_array_samples(source, name), name)._excerpt(excerpt)
        elif isinstance(source, Sound):
            sound = replace(source, name=name)._excerpt(excerpt)
        elif isinstance(source, (str, Path, bytes, bytearray, memoryview)) or hasattr(source, "read"):
            sound = cls(*decode(source, excerpt), name)
        else:
            raise SoundError(
                f"{name}: a sound cannot be read from {type(source).__name__}; "
                "give a path, bytes, a binary file object or a pair (array, rate)."
            )
        return sound if rate is None else sound.resample(rate)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.samples.shape[1] / self.rate

    @property
    def channels(self) -> int:
        """How many channels it has."""
        return self.samples.shape[0]

    @property
    def audible(self) -> bool:
        """Whether any sample differs from zero."""
        return bool(self.samples.any())

    def require_audible(self) -> "Sound":
        """This sound; raises SoundError for digital silence, of which no picture can be drawn."""
        if not self.audible:
            raise SoundError(
                f"{self.name}: all {self.seconds:.2f} s are silence (every sample is zero), and a picture needs "
                "something to hear; choose another start, channel or recording."
            )
        return self

    def mono(self) -> "Sound":
        """The mean of the channels, as one channel."""
        return self if self.channels == 1 else replace(self, samples=self.samples.mean(axis=0, keepdims=True))

    def resample(self, rate: int) -> "Sound":
        """The same sound at `rate` samples per second (soxr's HQ filter), never shorter than one sample."""
        rate = _checked_rate(rate, self.name)
        if rate == self.rate:
            return self
        import soxr

        resampled = soxr.resample(self.samples.T, self.rate, rate, quality="HQ").T
        if resampled.shape[1] == 0:  # less than one new sample long
            resampled = self.samples.mean(axis=1, keepdims=True)
        return replace(self, samples=resampled, rate=rate)

    def sha256(self) -> str:
        """Hash of rate, shape and samples; name and file format do not change it."""
        header = f"{self.rate} {self.channels} {self.samples.shape[1]}\n".encode()
        return hashlib.sha256(header + self.samples.astype("<f4", copy=False).tobytes()).hexdigest()

    def _excerpt(self, excerpt: Excerpt) -> "Sound":
        first, count = excerpt.first(self.rate), excerpt.count(self.rate)
        excerpt.require_inside(self.samples.shape[1], self.rate)
        kept = self.samples[excerpt.rows(self.channels), first : None if count is None else first + count]
        return replace(self, samples=kept)


def _name(source: Any) -> str:
    if isinstance(source, Sound):
        return source.name
    path = source if isinstance(source, (str, Path)) else getattr(source, "name", None)
    return Path(path).name or str(path) if isinstance(path, (str, Path)) else "sound"


def _array_samples(pair: tuple[Any, ...], name: str) -> tuple[Float[np.ndarray, "channel time"], int]:
    if len(pair) != 2 or np.ndim(pair[1]) != 0 or np.ndim(pair[0]) == 0:
        raise SoundError(f"{name}: an array comes as the pair (array, rate), the rate in samples per second.")
    array, rate = np.asarray(pair[0]), pair[1]
    if array.dtype.name in FULL_SCALE:
        centre = 128.0 if array.dtype == np.uint8 else 0.0
        array = ((array.astype(np.float64) - centre) / FULL_SCALE[array.dtype.name]).astype(np.float32)
    elif array.dtype.kind != "f":
        raise SoundError(
            f"{name}: samples of type {array.dtype} have no known full scale; give floats in [-1, 1] or "
            f"{', '.join(FULL_SCALE)}."
        )
    return _channels_first(array, name), rate


def _channels_first(array: np.ndarray, name: str) -> Float[np.ndarray, "channel time"]:
    if array.ndim == 1:
        return array[None]
    if array.ndim != 2:
        raise SoundError(
            f"{name}: an array of shape {list(array.shape)} is no sound; "
            "give [time], [channel, time] or [time, channel]."
        )
    rows, columns = array.shape
    if rows == 1 or columns == 1:
        return array if rows == 1 else array.T
    if (rows <= MOST_CHANNELS) == (columns <= MOST_CHANNELS):
        raise SoundError(
            f"{name}: which axis of shape [{rows}, {columns}] is time cannot be told (one axis should have at most "
            f"{MOST_CHANNELS} channels); build Sound(samples, rate) with samples [channel, time]."
        )
    return array if rows <= MOST_CHANNELS else array.T


def _checked_rate(rate: Any, name: str) -> int:
    number = isinstance(rate, (int, float, np.number)) and not isinstance(rate, bool)
    if not number or not 1 <= rate < math.inf or rate != int(rate):
        raise SoundError(f"{name}: rate {rate!r} cannot be used; give whole samples per second, e.g. 16000.")
    return int(rate)


def _checked_samples(samples: Any, name: str) -> Float[np.ndarray, "channel time"]:
    if not isinstance(samples, np.ndarray) or samples.ndim != 2 or samples.dtype.kind != "f":
        found = f"{samples.dtype} {list(samples.shape)}" if isinstance(samples, np.ndarray) else type(samples).__name__
        raise SoundError(f"{name}: samples are a float array [channel, time], not {found}; Sound.read takes more.")
    if samples.size == 0:
        raise SoundError(f"{name}: {NO_SAMPLES}")
    low, high = float(samples.min()), float(samples.max())  # NaN wins both
    if not (math.isfinite(low) and math.isfinite(high)):
        channel, time = np.argwhere(~np.isfinite(samples))[0]
        raise SoundError(
            f"{name}: sample {time} of channel {channel} is {samples[channel, time]}, and a sound is finite numbers; "
            "repair the recording or replace such samples (numpy.nan_to_num)."
        )
    peak = max(-low, high)
    if peak > OVERSHOOT:
        raise SoundError(
            f"{name}: samples reach {peak:g}, and float samples lie in [-1, 1]; divide them by their full scale "
            "(32768 for 16-bit values)."
        )
    return np.ascontiguousarray(samples.clip(-1, 1) if peak > 1 else samples, dtype=np.float32)
