"""The beginnings of held-out sounds: which sounds are taken does not depend on how much of them is kept."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.data import pairs
from hearsight.data.first_seconds import FirstSeconds, first_seconds
from hearsight.errors import ConfigError, DataError
from hearsight.sound import Sound

RATE = 8000


@pytest.fixture
def data(tmp_path) -> Path:
    """A long sound, one that is long but begins late, and a short one of another class; a picture of each class."""
    folder = tmp_path / "data"
    tone = 0.3 * np.sin(np.arange(2 * RATE) / 5)
    late = tone.copy()
    late[: RATE // 2] = 0
    for label, name, samples in (("dog", "long", tone), ("dog", "late", late), ("rain", "short", tone[:RATE])):
        path = folder / "sounds" / "held_out" / label / f"{name}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, RATE)
        picture = folder / "pictures" / "held_out" / label / "0.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), "red").save(picture)
    return folder


def test_the_beginning_is_kept_and_nothing_else_changes(data, tmp_path):
    made = first_seconds(data, tmp_path / "made", FirstSeconds(0.75, lasting=2, audible_within=0.25))
    (item,) = pairs.read(made, "sound")
    assert (item.path, item.label, item.split) == ("sounds/held_out/dog/long.wav", "dog", "held_out")
    whole, kept = Sound.read(data / "sounds/held_out/dog/long.flac"), Sound.read(made / item.path)
    assert kept.rate == RATE and np.array_equal(kept.samples, whole.samples[:, : RATE * 3 // 4])
    (picture,) = pairs.read(made, "picture")  # of the classes that are left
    assert (made / picture.path).read_bytes() == (data / picture.path).read_bytes()


def test_what_is_silent_at_first_is_taken_where_enough_is_heard(data, tmp_path):
    made = first_seconds(data, tmp_path / "made", FirstSeconds(1, lasting=2))
    assert [Path(item.path).stem for item in pairs.read(made, "sound")] == ["late", "long"]
    all_of_them = first_seconds(data, tmp_path / "all", FirstSeconds(5))
    assert [Sound.read(all_of_them / item.path).seconds for item in pairs.read(all_of_them, "sound")] == [2, 2, 1]


def test_a_folder_that_is_made_stays_as_it_is(data, tmp_path):
    made = first_seconds(data, tmp_path / "made", FirstSeconds(0.5))
    before = (made / "manifest.csv").stat().st_mtime_ns
    assert (first_seconds(data, made, FirstSeconds(0.5)) / "manifest.csv").stat().st_mtime_ns == before


def test_other_settings_have_another_name():
    settings = (FirstSeconds(1), FirstSeconds(2), FirstSeconds(2, lasting=3), FirstSeconds(2, audible_within=0.5))
    assert len({kept.name for kept in settings}) == 4
    assert FirstSeconds(2, lasting=3).name == "first-2_lasting-3_audible-2"


def test_errors(data, tmp_path):
    with pytest.raises(DataError, match="no held-out sound lasts 9 s"):
        first_seconds(data, tmp_path / "made", FirstSeconds(1, lasting=9))
    with pytest.raises(ConfigError, match="seconds=0"):
        FirstSeconds(0)
    with pytest.raises(ConfigError, match="give the shortest"):
        FirstSeconds(1, audible_within=2)
