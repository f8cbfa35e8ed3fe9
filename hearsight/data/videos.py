"""Videos: how long their two tracks last, and the pictures shown at given times."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.errors import DataError, HearsightError

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = frozenset((".avi", ".flv", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ogv", ".ts", ".webm", ".wmv"))
"""What is taken for a video when a folder is searched."""


@dataclass(frozen=True)
class Track:
    """The pictures or the sound of a video, in seconds on the video's own clock."""

    begin: float
    """Where the first of it is due."""
    end: float
    """Where the last of it is over."""

    @property
    def seconds(self) -> float:
        """How long it lasts; 0 where it ends before it begins."""
        return max(0.0, self.end - self.begin)

    def within(self, other: "Track") -> "Track":
        """The part of it that lies in `other`."""
        return Track(max(self.begin, other.begin), min(self.end, other.end))


@dataclass(frozen=True)
class Tracks:
    """Both tracks of a video."""

    pictures: Track
    """Its first track of pictures."""
    sound: Track
    """Its first track of sound."""


def find_videos(folder: Path) -> list[Path]:
    """The videos in a folder, at any depth, sorted; hidden ones are not looked at.

    Raises DataError where there is none.
    """
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and _visible(path, folder)]
    if not found:
        raise DataError(f"{folder}: no video in this folder; it was searched for {' '.join(sorted(SUFFIXES))}.")
    return found


def read_tracks(path: Path) -> Tracks:
    """How long the tracks of a video last, told by their packets: the headers of broken downloads claim more.

    Raises DataError for a file that is no video with sound.
    """
    with _opened(path) as container:
        chosen = {kind: _first(getattr(container.streams, kind), path, kind) for kind in ("video", "audio")}
        spans: dict[str, Track] = {}
        for packet in container.demux(*chosen.values()):
            time = packet.pts if packet.pts is not None else packet.dts
            if time is None:  # the empty packet that ends a stream
                continue
            begin, lasting = (float(ticks * packet.time_base) for ticks in (time, packet.duration or 0))
            span = spans.get(packet.stream.type, Track(begin, begin))
            spans[packet.stream.type] = Track(min(span.begin, begin), max(span.end, begin + lasting))
        # What comes before 0 is an encoder's own lead-in, which players leave out.
        heard_or_seen = Track(0.0, float("inf"))
        pictures, sound = (spans.get(kind, Track(0.0, 0.0)).within(heard_or_seen) for kind in chosen)
        return Tracks(pictures, sound)


def read_frames(path: Path, times: Sequence[float]) -> list["Image.Image"]:
    """The RGB pictures that a player shows at rising `times` (seconds on the video's clock), turned upright.

    The file is sought up to the first of them. Raises DataError where it cannot be decoded.
    """
    shown = _shown(path, times, sought=True)
    if not shown or shown[0][0] > times[0]:  # some containers seek too far: those are decoded from the beginning on
        shown = _shown(path, times, sought=False)
    if not shown:
        raise DataError(f"{path.name}: no picture can be decoded at {times[0]:.2f} s; download it again.")
    pictures = {time: frame.to_image().rotate(frame.rotation, expand=True) for time, frame in dict(shown).items()}
    return [pictures[time] for time, _ in shown]


def _shown(path: Path, times: Sequence[float], sought: bool) -> list[tuple[float, Any]]:
    """For each of `times` the last frame that is due by then, with the time at which it is."""
    wanted, shown = deque(times), []
    last: tuple[float, Any] | None = None
    for frame in _decoded(path, times[0] if sought else None):
        while wanted and wanted[0] < frame[0]:
            shown.append(last or frame)
            wanted.popleft()
        last = frame
        if not wanted:
            break
    return shown + [last] * len(wanted) if last else []


def _decoded(path: Path, start: float | None) -> Iterator[tuple[float, Any]]:
    with _opened(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1  # videos are decoded side by side in processes
        if start is not None:
            container.seek(int(start / stream.time_base), stream=stream)
        yield from ((frame.time, frame) for frame in container.decode(stream) if frame.time is not None)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The FFmpeg container; whatever goes wrong inside the block is a DataError about the file."""
    import av

    try:
        with av.open(str(path), metadata_errors="ignore") as container:
            yield container
    except HearsightError:
        raise
    except Exception as error:  # damaged files fail in every way there is: FFmpeg's own, overflows, no memory
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path.name}: cannot be decoded ({reason}); download it again.") from None


def _first(streams: Sequence[Any], path: Path, kind: str) -> Any:
    if not streams:
        missing, cure = ("no pictures", "a video") if kind == "video" else ("no sound track", "a video that has one")
        raise DataError(f"{path.name}: has {missing}; give {cure}.")
    return streams[0]


def _visible(path: Path, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
