import numpy as np
import pytest
from PIL import Image

from hearsight.data.videos import find_videos, read_frames, read_tracks
from hearsight.errors import DataError

IDENTITY = bytes.fromhex("00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000")
QUARTER_TURN = bytes.fromhex("00000000 00010000 00000000 FFFF0000 00000000 00000000 00000000 00000000 40000000")


@pytest.fixture(scope="module")
def ramp(tmp_path_factory, film_of):
    """Eight seconds at five frames a second; frame n is of grey level 6 n; its sound lasts six seconds."""
    frames = [Image.new("RGB", (64, 48), (6 * number,) * 3) for number in range(40)]
    sound = np.sin(np.arange(6 * 22050) / 9).astype(np.float32) / 2
    return film_of(tmp_path_factory.mktemp("ramp") / "ramp.mp4", frames, sound, fps=5)


def test_both_tracks_are_measured_by_their_packets(ramp):
    tracks = read_tracks(ramp)
    assert (tracks.pictures.begin, tracks.pictures.end) == (0, pytest.approx(8.0))
    assert tracks.sound.end == pytest.approx(6.0, abs=0.1)
    assert tracks.pictures.within(tracks.sound).seconds == pytest.approx(6.0, abs=0.1)


@pytest.mark.parametrize("start", [0.0, 0.55, 6.9])
def test_frames_are_those_a_player_shows(ramp, start):
    times = [start, start + 0.1, start + 1.0]
    levels = [np.asarray(picture).mean() for picture in read_frames(ramp, times)]
    assert levels == pytest.approx([6 * int(5 * time + 1e-6) for time in times], abs=2)


def test_after_the_last_frame_it_stays(ramp):
    last, beyond = read_frames(ramp, [7.9, 9.0])
    assert np.array_equal(np.asarray(last), np.asarray(beyond))


def test_pictures_are_turned_upright(tmp_path, film_of):
    halves = Image.new("RGB", (64, 48), "red")
    halves.paste("blue", (32, 0, 64, 48))
    path = film_of(tmp_path / "turned.mp4", [halves] * 4, None)
    content = path.read_bytes()
    header = content.index(b"tkhd")
    assert content.index(IDENTITY, header) > 0
    path.write_bytes(content[:header] + content[header:].replace(IDENTITY, QUARTER_TURN, 1))
    upright = read_frames(path, [0.5])[0]
    assert upright.size == (48, 64)
    top, bottom = upright.getpixel((24, 8)), upright.getpixel((24, 56))
    assert top[0] > 150 > top[2] and bottom[2] > 150 > bottom[0]  # a quarter clockwise: left goes up


def test_what_is_no_video_with_sound_is_one_line(tmp_path, ramp, film_of):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(ramp.read_bytes()[:3000])
    mute = film_of(tmp_path / "mute.mp4", [Image.new("RGB", (32, 32))] * 4, None)
    for path, expected in ((text, "cannot be decoded"), (cut, "cannot be decoded"), (mute, "no sound track")):
        with pytest.raises(DataError, match=rf"{path.name}: .*{expected}") as error:
            read_tracks(path)
        assert "\n" not in str(error.value)


def test_videos_are_found_at_any_depth(tmp_path):
    for name in ("a.mp4", "b/c.WEBM", ".hidden/d.mp4", ".e.mp4", "f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [path.name for path in find_videos(tmp_path)] == ["a.mp4", "c.WEBM"]
    with pytest.raises(DataError, match="no video in this folder"):
        find_videos(tmp_path / ".hidden" / "nothing")
