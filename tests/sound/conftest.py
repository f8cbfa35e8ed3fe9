"""Sounds and videos in the formats that only FFmpeg writes, made when a test asks."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


def tone(seconds: float = 1.0, rate: int = 16000, frequency: float = 440.0) -> np.ndarray:
    """A sine at a third of full scale."""
    return (np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate) / 3).astype(np.float32)


def ffmpeg(container: str, codec: str | None, samples: np.ndarray, rate: int, sample: str, video: str | None) -> bytes:
    """`samples` [time] in a container, beside five grey video frames if a `video` codec is given."""
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        tracks: list[Any] = []
        if codec:
            track = output.add_stream(codec, rate=rate, layout="mono", bit_rate=96000)
            values = samples if sample == "fltp" else (samples * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(values[None], format=sample, layout="mono")
            frame.rate, frame.pts = rate, 0
            tracks.append((track, [frame]))
        if video:
            track = output.add_stream(video, rate=10)
            track.width = track.height = 16
            track.pix_fmt = "yuv420p"
            grey = [np.full((16, 16, 3), 40 * step, np.uint8) for step in range(5)]
            tracks.append((track, [av.VideoFrame.from_ndarray(picture) for picture in grey]))
        for track, frames in tracks:
            for frame in [*frames, None]:
                output.mux(track.encode(frame))
    return file.getvalue()


@pytest.fixture
def make_tone() -> Callable[..., np.ndarray]:
    return tone


@pytest.fixture
def encode() -> Callable[..., bytes]:
    def make(
        container: str,
        codec: str | None,
        samples: np.ndarray | None = None,
        rate: int = 16000,
        sample: str = "fltp",
        video: str | None = None,
    ) -> bytes:
        return ffmpeg(container, codec, tone(1.0, rate) if samples is None else samples, rate, sample, video)

    return make
