"""Speech as Opus files: a sentence in some ten kilobytes, the same bytes whenever the same samples are written."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float

from hearsight.files import write_atomically

RATE = 24000
"""Samples per second of what is written, one of the five rates that Opus knows."""
BITRATE = 24000
"""Bits per second, good for one voice."""


def write_opus(path: Path, samples: Float[np.ndarray, " time"], rate: int, tags: Mapping[str, str]) -> None:
    """Write mono samples in [-1, 1] with tags (`title`, `artist`, …); nobody ever sees half of a file."""
    import av
    import soxr

    with write_atomically(path) as partial:
        resampled = soxr.resample(samples, rate, RATE, quality="HQ").astype(np.float32)
        # Without "bitexact" every file gets a random serial number, and no two runs write the same bytes.
        with av.open(str(partial), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
            container.metadata.update(tags)
            stream = container.add_stream("libopus", rate=RATE, layout="mono", bit_rate=BITRATE)
            frame = av.AudioFrame.from_ndarray(resampled[None], format="flt", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux(stream.encode(frame))
            container.mux(stream.encode())


def read_tags(path: Path) -> tuple[str, str, float]:
    """(title, artist, seconds) of an Opus file; empty and 0 for one that cannot be read."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            return file.title, file.artist, file.frames / file.samplerate
    except (soundfile.LibsndfileError, OSError):
        return "", "", 0.0
