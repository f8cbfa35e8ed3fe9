"""Which videos, or parts of videos, are to become pairs of sound and picture."""

from dataclasses import dataclass
from pathlib import Path

from hearsight.data.pairs import Split
from hearsight.data.videos import find_videos
from hearsight.errors import DataError

SPLITS: dict[str, Split] = {"train": "train", "held_out": "held_out", "test": "held_out"}
"""What folders and tables call the two sides."""


@dataclass(frozen=True)
class Clip:
    """A stretch of video with one label."""

    name: str
    """What lists call it; unique in its set."""
    label: str
    """The class of what is seen and heard."""
    split: Split
    """Training never sees what is `held_out`."""
    path: Path | None
    """The video; None where it is wanted but not there."""
    start: float | None = None
    """Seconds into the video at which the clip begins, where the video may be longer; None: the video is the clip."""
    seconds: float | None = None
    """How long the clip should be; None: as long as the video."""


def clips_in(folder: Path) -> list[Clip]:
    """The videos of a folder, labelled by the folder they lie in: `<label>/file` or `<split>/<label>/file`.

    Splits are called `train`, and `held_out` or `test`; without one, all is for training. Raises DataError where there
    is no video, or one without a label.
    """
    clips = []
    for path in find_videos(folder):
        parts = path.relative_to(folder).parts
        if len(parts) < 2:
            raise DataError(f"{path}: lies in no folder that labels it; move it to {folder.name}/LABEL/{path.name}.")
        split = SPLITS.get(parts[0], "train") if len(parts) > 2 else "train"
        clips.append(Clip("/".join(parts), parts[-2], split, path))
    return clips
