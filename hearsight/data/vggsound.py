"""VGGSound (Chen et al. 2020): ten-second clips of YouTube, each with one of 309 labels.

The set is published as a table without sounds: YouTube id, start in seconds, label, train or test. Whoever downloads
the videos usually keeps the ten seconds as `<id>_<start, six digits>.mp4`, or the whole video as `<id>.mp4`.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from hearsight.data.clips import SPLITS, Clip
from hearsight.data.videos import find_videos
from hearsight.errors import DataError

SECONDS = 10.0
"""How long every clip is."""

COLUMNS = "YouTube id, start seconds, label, train or test"


def vggsound_clips(table: Path, folder: Path) -> list[Clip]:
    """The clips of a table in VGGSound's layout, in its order, with those of their videos that are below `folder`.

    Raises DataError for a table of another layout, and where there is no video at all.
    """
    rows = list(_rows(table))
    videos: dict[str, Path] = {}
    for path in find_videos(folder):
        videos.setdefault(path.stem, path)
    return [_clip(*row, videos) for row in rows]


def _clip(youtube: str, start: int, label: str, split: str, videos: dict[str, Path]) -> Clip:
    name = f"{youtube}_{start:06}"
    if name in videos:
        return Clip(name, label, SPLITS[split], videos[name], seconds=SECONDS)
    return Clip(name, label, SPLITS[split], videos.get(youtube), start=start, seconds=SECONDS)


def _rows(table: Path) -> Iterator[tuple[str, int, str, str]]:
    try:
        file = table.open(newline="", encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{table}: cannot be opened ({error.strerror}); give VGGSound's table of clips.") from None
    seen = set()
    with file:
        for number, row in enumerate(csv.reader(file), start=1):
            fields = [field.strip() for field in row]
            if not any(fields) or (number == 1 and not _is_clip(fields)):  # a line of headings, which some copies have
                continue
            if not _is_clip(fields):
                raise DataError(f"{table}: line {number} is {','.join(row)!r}; every line gives {COLUMNS}.")
            youtube, start, label, split = fields
            if (youtube, start) not in seen:
                yield youtube, int(start), label, split
            seen.add((youtube, start))
    if not seen:
        raise DataError(f"{table}: holds no clips; every line gives {COLUMNS}.")


def _is_clip(fields: list[str]) -> bool:
    return len(fields) == 4 and all(fields) and fields[1].isdigit() and fields[3] in SPLITS
