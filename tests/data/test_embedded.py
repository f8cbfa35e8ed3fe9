from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.data.embedded import Embedded, embed_things, identity
from hearsight.data.things import Thing, things_in
from hearsight.encoders import audioclip, clip
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.encoders.clip import CLIP
from hearsight.encoders.shared_space import SharedSpace
from hearsight.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def space() -> SharedSpace:
    torch.manual_seed(0)
    return SharedSpace.of(AudioCLIP(audioclip.debug()).eval())


@pytest.fixture
def folder(tmp_path) -> Path:
    random = np.random.default_rng(0)
    for name in ("a", "b"):
        soundfile.write(tmp_path / f"{name}.wav", random.uniform(-0.5, 0.5, 4000), 8000)
    Image.fromarray(random.integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(tmp_path / "c.png")
    (tmp_path / "d.txt").write_text("a dog\nrain\n")
    return tmp_path


def refuse(thing, error):
    raise error


def _note(failed, thing, error):
    failed.append(thing)


def test_embeddings_are_the_networks_own(space, folder):
    things = things_in(folder)
    found = embed_things(space, things, refuse)
    assert found.kinds == ("sound", "sound", "picture", "text", "text")
    assert found.names[3:] == ("a dog", "rain")
    for thing, vector in zip(things, found.vectors, strict=True):
        np.testing.assert_array_equal(vector, space.embed(thing.kind, [thing.read()])[0].numpy())


def test_a_folder_is_embedded_once(space, folder, monkeypatch):
    first = embed_things(space, things_in(folder), refuse)
    read: list[str] = []
    original = Thing.read
    monkeypatch.setattr(Thing, "read", lambda thing: read.append(thing.name) or original(thing))
    again = embed_things(space, things_in(folder), refuse)
    assert read == ["a dog", "rain"]
    np.testing.assert_array_equal(first.vectors, again.vectors)
    soundfile.write(folder / "a.wav", 0.5 * np.sin(np.arange(4001)), 8000)
    changed = embed_things(space, things_in(folder), refuse)
    assert not np.array_equal(changed.vectors[0], first.vectors[0])
    np.testing.assert_array_equal(changed.vectors[1:], first.vectors[1:])


def test_another_network_does_not_take_what_this_one_embedded(space, folder):
    torch.manual_seed(1)
    other = SharedSpace.of(AudioCLIP(audioclip.debug()).eval())
    one, two = (embed_things(each, things_in(folder, ("sound",)), refuse) for each in (space, other))
    assert not np.allclose(one.vectors, two.vectors)


def test_what_is_named_outright_leaves_no_cache(space, folder):
    embed_things(space, [Thing("sound", folder / "a.wav")], refuse)
    assert not (folder / ".cache").exists()


def test_what_cannot_be_read_is_told_every_time_and_the_others_go_on(space, folder):
    soundfile.write(folder / "silent.wav", np.zeros(4000), 8000)
    for _ in range(2):  # computed, then taken from the cache
        failed: list[Thing] = []
        found = embed_things(space, things_in(folder), partial(_note, failed))
        assert [thing.path.name for thing in failed] == ["silent.wav"]
        assert len(found.names) == 5
        assert np.isfinite(found.vectors).all()
    with pytest.raises(DataError, match="none of 1 things"):
        embed_things(space, [Thing("sound", folder / "silent.wav")], lambda thing, error: None)


def test_a_kind_that_nobody_embeds_is_told_before_any_work(folder):
    space = SharedSpace.of(CLIP(clip.debug()).eval())
    with pytest.raises(ConfigError, match="sound: cannot be embedded, only pictures and texts can"):
        embed_things(space, things_in(folder), refuse)
    assert not (folder / ".cache").exists()


def test_the_nearest_come_first_and_only_of_the_kind_asked_for():
    vectors = np.array([[1, 0], [0.6, 0.8], [0, 1], [-1, 0]], dtype=np.float32)
    known = Embedded(("a", "b", "c", "d"), ("sound", "picture", "picture", "picture"), vectors, {})
    query = np.array([1, 0], dtype=np.float32)
    assert known.nearest(query, "picture", 2) == [("b", pytest.approx(0.6)), ("c", pytest.approx(0))]
    assert [name for name, _ in known.nearest(query, "picture", 9)] == ["b", "c", "d"]
    assert known.nearest(query, "sound", 9) == [("a", pytest.approx(1))]


def test_embeddings_of_another_network_are_refused(space):
    known = Embedded(("a",), ("sound",), np.ones((1, 16), np.float32), {"sound": identity(space, "sound")})
    assert known.require(space, ["sound"]) is known
    torch.manual_seed(1)
    with pytest.raises(ConfigError, match="these sounds were embedded by another network"):
        known.require(SharedSpace.of(AudioCLIP(audioclip.debug()).eval()), ["sound"])
    with pytest.raises(ConfigError, match="these sounds were embedded by another network"):
        known.require(SharedSpace.of(CLIP(clip.debug()).eval()), ["sound"])
