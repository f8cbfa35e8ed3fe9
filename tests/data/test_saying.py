import shutil
from pathlib import Path

import pytest
import soundfile

from hearsight.data.opus import read_tags
from hearsight.data.saying import VOICE, Saying, require_voice
from hearsight.data.voices import HELD_OUT
from hearsight.errors import ConfigError, DataError, MissingDependency
from hearsight.sound import Sound

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing")


def test_a_saying_makes_the_same_sound_every_time(tmp_path):
    saying = Saying("a small red bird", "en-us+m3", 150, 60)
    one, other = (saying.into(tmp_path / name) for name in ("one.opus", "other.opus"))
    assert one.read_bytes() == other.read_bytes()
    assert saying.is_in(one) and not Saying("a small red bird").is_in(one)
    assert read_tags(one)[0] == "a small red bird" and 0.5 < Sound.read(one).seconds < 3


def test_another_saying_takes_the_place_of_the_one_before(tmp_path):
    path = tmp_path / "said.opus"
    Saying("red").into(path)
    before = path.stat().st_mtime_ns
    Saying("red").into(path)
    assert path.stat().st_mtime_ns == before  # kept as it was
    assert Saying("blue").into(path) == path and read_tags(path)[0] == "blue"


def test_a_recording_of_somebody_else_is_left_alone(tmp_path):
    path = tmp_path / "mine.opus"
    shutil.copy(Path(__file__).parents[2] / "examples" / "seven.ogg", path)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"mine\.opus: is there already and was not spoken by espeak-ng"):
        Saying("red").into(path)
    assert path.read_bytes() == before and soundfile.info(path).frames


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        Saying("red").into(tmp_path / "file" / "said.opus")


def test_voices_that_espeak_has_are_taken():
    for voice in ("en-us", VOICE, "gmw/en+m1", "de", "de+f2"):
        assert require_voice(voice) == voice
    assert VOICE.partition("+")[2] not in HELD_OUT


@pytest.mark.parametrize("voice", ["nobody", "nobody+f3", "en-us+nobody", "en-gb+f3", "", "+f3"])
def test_voices_that_espeak_silently_replaces_are_refused(voice):
    with pytest.raises(ConfigError, match="espeak-ng has no") as refused:
        require_voice(voice)
    assert str(refused.value).startswith(f"voice={voice!r}")


def test_without_espeak_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match="apt install espeak-ng"):
        require_voice(VOICE)
