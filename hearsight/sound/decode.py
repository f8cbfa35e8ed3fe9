"""Files and bytes to samples: libsndfile first, FFmpeg (PyAV) for what it cannot read; only the excerpt is decoded."""

import io
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import Float

from hearsight.errors import MissingDependency, SoundError
from hearsight.sound.excerpt import Excerpt

BLOCK = 1 << 18
"""frames decoded at a time: a header that lies about its length costs no memory"""

PREROLL = 0.25
"""seconds decoded before a sought start and dropped: AAC, Opus and MP3 frames need their predecessors"""

NO_SAMPLES = "holds zero samples, and a sound has at least one; give a recording that is not empty."

BEGINNINGS = {
    "WAV": (0, b"RIFF"),
    "WAV64": (0, b"RF64"),
    "FLAC": (0, b"fLaC"),
    "Ogg": (0, b"OggS"),
    "MP3": (0, b"ID3"),
    "AIFF": (0, b"FORM"),
    "AU": (0, b".snd"),
    "MP4": (4, b"ftyp"),
    "WebM": (0, b"\x1aE\xdf\xa3"),
    "WMA": (0, b"0&\xb2u"),
}
"""(offset, bytes) by which a damaged sound is told from a file that never was one"""


def decode(source: str | Path | bytes | BinaryIO, excerpt: Excerpt) -> tuple[Float[np.ndarray, "channel time"], int]:
    """The excerpt's samples (float32) and the rate of an encoded sound or video.

    Raises SoundError in one line for whatever cannot be read, MissingDependency where only PyAV could.
    """
    import soundfile

    with ExitStack() as stack:
        file = _opened(source, excerpt.name, stack)
        try:
            return _gathered(_libsndfile_blocks(file, excerpt), excerpt)
        except (soundfile.LibsndfileError, TypeError):  # TypeError: headerless formats, which want a rate
            file.seek(0)
        return _gathered(_ffmpeg_blocks(file, excerpt), excerpt)


def _opened(source: str | Path | bytes | BinaryIO, name: str, stack: ExitStack) -> BinaryIO:
    """`source` as a seekable binary file at its beginning, known not to be empty."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        file: BinaryIO = io.BytesIO(source)
    elif isinstance(source, (str, Path)):
        path = Path(source)
        if path.is_dir():
            raise SoundError(f"{name}: is a folder, not a sound; give the files in it.")
        try:
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            raise SoundError(f"{path}: there is no such file; check the path.") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SoundError(f"{path}: cannot be opened ({reason}); give a file that you may read.") from None
    else:
        file = source
    if isinstance(file, io.TextIOBase):
        raise SoundError(f"{name}: was opened as text, and sounds are binary; open it with mode 'rb'.")
    if not (hasattr(file, "seekable") and file.seekable()):
        file = io.BytesIO(file.read())  # a pipe: decoders need to go back and forth
    if file.seek(0, os.SEEK_END) == 0:
        raise SoundError(f"{name}: is an empty file (0 bytes), and a sound has samples; record or copy it again.")
    file.seek(0)
    return file


Blocks = Iterator[tuple[Float[np.ndarray, "channel time"], int]]


def _gathered(blocks: Blocks, excerpt: Excerpt) -> tuple[Float[np.ndarray, "channel time"], int]:
    """The blocks joined, and their rate."""
    parts, rate = [], 0
    for block, rate in blocks:  # noqa: B007 (every block has the same rate)
        parts.append(block)
    if not parts:
        if excerpt.start > 0:
            raise SoundError(f"{excerpt.name}: start={excerpt.start:g} lies beyond its end; give a smaller start.")
        raise SoundError(f"{excerpt.name}: {NO_SAMPLES}")
    return (parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)), rate


def _libsndfile_blocks(file: BinaryIO, excerpt: Excerpt) -> Blocks:
    import soundfile

    class Forward(soundfile.SoundFile):
        """Reads on from where it is. The base class seeks after every read of a seekable file, which lands elsewhere in
        MP3s of varying bit rate."""

        def seekable(self) -> bool:
            return False

    with Forward(file) as sound:
        rate = sound.samplerate
        rows = excerpt.rows(sound.channels)
        excerpt.require_inside(sound.frames, rate)
        _go_to(sound, excerpt.first(rate))
        wanted = excerpt.count(rate)
        while wanted is None or wanted > 0:
            block = sound.read(BLOCK if wanted is None else min(BLOCK, wanted), dtype="float32", always_2d=True).T
            if block.shape[1] == 0:
                return
            wanted = None if wanted is None else wanted - block.shape[1]
            yield block[rows].copy(), rate


def _go_to(sound: Any, frame: int) -> None:
    """Seek, except in MP3s.

    Where their bit rate varies, MP3s' own seek tables are seconds off, so they are decoded up to `frame` (some thousand
    times faster than they play) and that is dropped.
    """
    if sound.format != "MP3":
        sound.seek(frame)
        return
    while frame > 0 and (dropped := len(sound.read(min(BLOCK, frame), dtype="float32"))):
        frame -= dropped


def _ffmpeg_blocks(file: BinaryIO, excerpt: Excerpt) -> Blocks:
    av = _pyav(excerpt.name)
    try:
        # Tags are not ours to judge: some files hold them in another encoding.
        container = av.open(file, metadata_errors="ignore")
    except (av.error.FFmpegError, ValueError):
        raise SoundError(_unreadable(file, excerpt.name)) from None
    with container:
        if not container.streams.audio:
            raise SoundError(
                f"{excerpt.name}: is {_silent_kind(container)}; give a sound, or a video with a sound track."
            )
        yield from _stream_blocks(av, container, container.streams.audio[0], excerpt)


def _stream_blocks(av: Any, container: Any, stream: Any, excerpt: Excerpt) -> Blocks:
    """The frames of one FFmpeg stream, cut to the excerpt (after a seek as exactly as the container's clock ticks)."""
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    rows, first, wanted = excerpt.rows(channels), excerpt.first(rate), excerpt.count(rate)
    position: int | None = 0
    origin = 0.0
    if excerpt.start > PREROLL:
        origin = _first_frame_time(av, container, stream)
        target = origin + excerpt.start - PREROLL
        container.seek(max(0, int(target / stream.time_base)), stream=stream)
        position = None  # told by the first frame that arrives
    end = 0
    try:
        for frame in container.decode(stream):
            if (frame.sample_rate, frame.layout.nb_channels) != (rate, channels):
                raise SoundError(
                    f"{excerpt.name}: changes its rate or channels at {end / rate:.2f} s, and a sound has one of each; "
                    "convert it to WAV first."
                )
            if position is None:
                position = round(((frame.time or 0.0) - origin) * rate)
            block, begin, end = _planar(frame), position, position + frame.samples
            position = end
            if end <= first:
                continue
            block = block[rows, max(0, first - begin) :]
            block = block if wanted is None else block[:, :wanted]
            wanted = None if wanted is None else wanted - block.shape[1]
            yield block, rate
            if wanted == 0:
                return
    except av.error.FFmpegError:
        raise SoundError(_breaks_off(excerpt, end / rate)) from None
    excerpt.require_inside(end, rate)


def _first_frame_time(av: Any, container: Any, stream: Any) -> float:
    """Where the first audible frame lies on the container's clock (what encoders prepend is already cut off)."""
    try:
        return float(next(container.decode(stream)).time or 0.0)
    except (av.error.FFmpegError, StopIteration):
        return 0.0


def _planar(frame: Any) -> Float[np.ndarray, "channel time"]:
    """One FFmpeg frame as float32 [channel, time] in [-1, 1]."""
    array = frame.to_ndarray()  # planar [channel, time], packed [1, time * channel]
    if not frame.format.is_planar:
        array = array.reshape(-1, frame.layout.nb_channels).T
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    centre = 128.0 if array.dtype == np.uint8 else 0.0
    return ((array - centre) / 2.0 ** (8 * array.dtype.itemsize - 1)).astype(np.float32)


def _pyav(name: str) -> Any:
    try:
        import av
    except ImportError:
        raise MissingDependency(
            f"{name}: libsndfile cannot read it; M4A, WMA, WebM and the sound of videos need PyAV: pip install av"
        ) from None
    return av


def _silent_kind(container: Any) -> str:
    if "pipe" in container.format.name or container.format.name in ("image2", "gif", "ico"):
        return "a picture, not a sound"
    return "a video without sound" if container.streams.video else "a file without a sound track"


def _breaks_off(excerpt: Excerpt, seconds: float) -> str:
    if seconds <= excerpt.start:
        return f"{excerpt.name}: is damaged: nothing can be decoded after {excerpt.start:g} s; copy it again."
    whole = math.floor((seconds - excerpt.start) * 100) / 100
    return (
        f"{excerpt.name}: is cut short or damaged: decoding breaks off {seconds:.2f} s in; copy it again, "
        f"or read what is whole with duration={whole:g}."
    )


def _unreadable(file: BinaryIO, name: str) -> str:
    file.seek(0)
    head = file.read(16)
    for kind, (offset, mark) in BEGINNINGS.items():
        if head[offset : offset + len(mark)] == mark:
            return f"{name}: begins like {kind} but cannot be decoded: damaged or cut short; copy it again."
    return f"{name}: is not a sound file; give a sound (WAV, FLAC, OGG, Opus, MP3, M4A, ...) or a video that has one."
