import numpy as np
import pytest
from PIL import Image

from hearsight.data.prepare import prepare
from hearsight.data.prepare_clip import Preparation
from hearsight.data.shard_members import contents, is_prepared, shard_items, shards_of
from hearsight.data.shards import Shards
from hearsight.data.token_pairs import SoundsWithPictures
from hearsight.data.vggsound import vggsound_clips
from hearsight.errors import DataError
from hearsight.sound.sound import Sound


@pytest.fixture(scope="module")
def folder(tmp_path_factory, vggsound):
    """Twelve pairs to train on in three shards, two of each clip."""
    out = tmp_path_factory.mktemp("shards") / "out"
    clips = [clip for clip in vggsound_clips(vggsound[1], vggsound[0]) if clip.name[:4] in ("rain", "cloc")]
    prepare(clips, out, Preparation(seconds=2, size=64, crops=2), per_shard=2)
    return out


def test_members_are_what_the_stream_of_pairs_has(folder):
    items = shard_items(folder)
    stored = list(Shards(folder).stream())
    sounds, pictures = ([item for item in items if item.kind == kind] for kind in ("sound", "picture"))
    assert len(sounds) == len(pictures) == len(stored) > 2
    assert [(item.label, item.group) for item in sounds] == [(pair.label, pair.about["clip"]) for pair in stored]
    for sound, picture, pair in zip(sounds, pictures, stored, strict=True):
        assert np.array_equal(Sound.read(contents(folder / sound.path)).samples, pair.sound.samples)
        assert Image.open(contents(folder / picture.path)).convert("RGB").tobytes() == pair.picture.tobytes()
    assert {item.split for item in items} == {"train"} and not set(items) & set(shard_items(folder, "held_out"))


def test_a_sound_is_shown_with_the_pictures_of_its_clip(folder):
    found = SoundsWithPictures.find(folder, "group")
    assert {len(shown) for shown in found.shown} == {2}
    for sound, shown in zip(found.sounds, found.shown, strict=True):
        assert sound.replace(".flac", ".jpg") in {found.pictures[number] for number in shown}
    assert {len(shown) for shown in SoundsWithPictures.find(folder, "group", 1).shown} == {1}


def test_files_are_read_as_they_are(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"as it is")
    assert contents(tmp_path / "a.txt").read() == b"as it is"
    assert shards_of(("a.wav", "sounds/b.wav", "x.tar/1.flac", "x.tar/2.flac")) == ("x.tar",)
    assert not is_prepared(tmp_path)


def test_what_cannot_be_read_is_one_line(folder, tmp_path):
    assert is_prepared(folder)
    shard = next(folder.glob("*.tar"))
    with pytest.raises(DataError, match=r"99\.flac: this shard has no such member"):
        contents(shard / "99.flac")
    (tmp_path / "broken.tar").write_bytes(b"no tar")
    with pytest.raises(DataError, match="not a shard that can be read"):
        contents(tmp_path / "broken.tar" / "0.flac")
