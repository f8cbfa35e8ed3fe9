import numpy as np
import pytest
from PIL import Image

from hearsight.errors import ConfigError
from hearsight.sound import Sound
from hearsight.studio.contact_sheet import Tile, contact_sheet, spectrogram


def _sweep(low: float, high: float, seconds: float = 1.0, rate: int = 22050) -> Sound:
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (low * time + (high - low) * time**2 / (2 * seconds))
    return Sound((0.5 * np.sin(phase))[None].astype(np.float32), rate)


def _tile(colour: str = "red", count: int = 1, caption: str = "sound") -> Tile:
    return Tile(_sweep(300, 3000), [Image.new("RGB", (16, 16), colour)] * count, caption)


def test_a_rising_tone_rises_from_left_to_right():
    light = np.asarray(spectrogram(_sweep(200, 8000), 96, 48).convert("L")).astype(float)
    loudest = light[:, 8:-8].argmax(axis=0)  # row 0 is the top
    assert loudest[0] > loudest[40] > loudest[-1]


@pytest.mark.parametrize("seconds", [1 / 22050, 0.01, 1.0, 30.0])
def test_every_length_fills_the_same_space(seconds):
    assert spectrogram(_sweep(300, 3000, seconds), 96, 34).size == (96, 34)


def test_silence_is_dark_and_no_error():
    silent = Sound(np.zeros((2, 4000), np.float32), 8000)
    assert np.isfinite(np.asarray(spectrogram(silent, 32, 12))).all()


def test_the_sheet_shows_every_picture_on_white():
    colours = ("red", "lime", "blue", "yellow", "cyan", "magenta")
    sheet = contact_sheet([_tile(colour) for colour in colours], width=64, columns=3)
    seen = {colour for _, colour in sheet.getcolors(1 << 20)}
    assert {Image.new("RGB", (1, 1), colour).getpixel((0, 0)) for colour in colours} <= seen
    edge = np.asarray(sheet).copy()
    edge[8:-8, 8:-8] = 255
    assert (edge == 255).all()


def test_captions_are_written_and_long_ones_fit():
    plain, long = (contact_sheet([_tile(caption=text)], width=96) for text in ("", "a very long name of a sound " * 4))
    assert plain.size == long.size
    assert np.asarray(plain).sum() > np.asarray(long).sum()


def test_a_caption_may_have_several_lines():
    one, three = (contact_sheet([_tile(caption=text)], width=96) for text in ("a", "a\nb\nc"))
    assert three.width == one.width and three.height > one.height
    above = (0, 0, one.width, 100)
    assert three.crop(above).tobytes() == one.crop(above).tobytes()


def test_several_pictures_of_a_sound_stand_below_each_other():
    one, three = (contact_sheet([_tile(count=count)], width=64) for count in (1, 3))
    assert three.width == one.width
    assert three.height > one.height + 2 * 64


@pytest.mark.parametrize("count", [1, 2, 5, 10, 12, 30])
def test_the_sheet_is_well_shaped(count):
    sheet = contact_sheet([_tile()] * count, width=48)
    assert count < 5 or 0.8 < sheet.width / sheet.height < 3


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="at least one"):
        contact_sheet([])
