import pytest

from hearsight.data.clips import clips_in
from hearsight.errors import DataError


def _touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_folders_give_labels_and_splits(tmp_path):
    _touch(tmp_path, "dog/a.mp4", "train/b.mp4", "train/dog/c.mkv", "test/dog/d.mp4", "held_out/rain/e.mp4")
    found = {clip.name: (clip.label, clip.split) for clip in clips_in(tmp_path)}
    assert found == {
        "dog/a.mp4": ("dog", "train"),
        "train/b.mp4": ("train", "train"),  # the vehicle
        "train/dog/c.mkv": ("dog", "train"),
        "test/dog/d.mp4": ("dog", "held_out"),
        "held_out/rain/e.mp4": ("rain", "held_out"),
    }


def test_a_video_without_a_label_is_refused(tmp_path):
    _touch(tmp_path, "a.mp4")
    with pytest.raises(DataError, match=r"a\.mp4: lies in no folder that labels it"):
        clips_in(tmp_path)
