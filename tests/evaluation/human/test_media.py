import numpy as np
import pytest
import soundfile
from PIL import Image

from hearsight.errors import DataError, SoundError
from hearsight.evaluation.human.media import Media
from hearsight.picture import Picture


def test_a_picture_loses_its_recipe_and_keeps_its_pixels(tmp_path):
    image = Image.effect_noise((8, 8), 50).convert("RGB")
    path = Picture(image, {"system": "audiotoken"}).save(tmp_path / "a.png")
    name = Media(tmp_path, longest=1).picture(path)
    content = (tmp_path / "pictures" / name).read_bytes()
    assert b"audiotoken" in path.read_bytes()
    assert b"audiotoken" not in content
    with Image.open(tmp_path / "pictures" / name) as copied:
        assert copied.tobytes() == image.tobytes()


@pytest.mark.parametrize(("channels", "kept"), [(1, 1), (2, 2), (6, 1)])
def test_a_sound_becomes_a_wav_that_browsers_play(tmp_path, channels, kept):
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (8000, channels))
    soundfile.write(tmp_path / "a.flac", samples, 16000)
    name = Media(tmp_path, longest=0.25).sound(tmp_path / "a.flac")
    found, rate = soundfile.read(tmp_path / "sounds" / name, always_2d=True)
    expected = samples[:4000] if kept == channels else samples[:4000].mean(axis=1, keepdims=True)
    assert (rate, soundfile.info(tmp_path / "sounds" / name).subtype) == (16000, "PCM_16")
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_one_content_is_one_file(tmp_path):
    for name in ("a", "b"):
        Image.new("RGB", (4, 4), "red").save(tmp_path / f"{name}.png")
    media = Media(tmp_path, longest=1)
    assert media.picture(tmp_path / "a.png") == media.picture(tmp_path / "b.png")
    assert len(list((tmp_path / "pictures").iterdir())) == 1


def test_what_cannot_be_shown_or_heard_is_said_so(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 8000)
    media = Media(tmp_path, longest=1)
    with pytest.raises(DataError, match=r"a\.png"):
        media.picture(tmp_path / "a.png")
    with pytest.raises(SoundError, match="silence"):
        media.sound(tmp_path / "a.wav")
