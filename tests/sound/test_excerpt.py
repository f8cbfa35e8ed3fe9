"""Excerpts count in frames and refuse what cannot be."""

import math

import pytest

from hearsight.errors import SoundError
from hearsight.sound.excerpt import Excerpt


def test_seconds_become_the_nearest_frames():
    assert Excerpt(start=0.5).first(44100) == 22050
    assert Excerpt(duration=0.1).count(44100) == 4410
    assert Excerpt().count(44100) is None


def test_the_shortest_excerpt_is_one_frame():
    assert Excerpt(duration=1e-9).count(8000) == 1


@pytest.mark.parametrize("start", [-1.0, math.nan, math.inf])
def test_impossible_starts(start):
    with pytest.raises(SoundError, match=r"start=.* cannot be used"):
        Excerpt(start=start)


@pytest.mark.parametrize("duration", [-1.0, 0.0, math.nan, math.inf])
def test_impossible_durations(duration):
    with pytest.raises(SoundError, match=r"duration=.* cannot be used"):
        Excerpt(duration=duration)


def test_the_rows_of_a_channel():
    assert Excerpt(channel=1).rows(2) == slice(1, 2)
    assert Excerpt().rows(2) == slice(None)
    with pytest.raises(SoundError, match="channel=-1 is not there"):
        Excerpt(channel=-1).rows(2)


def test_the_last_frame_is_inside_and_the_next_is_not():
    Excerpt(start=0.9).require_inside(10, 10)
    with pytest.raises(SoundError, match="beyond its end"):
        Excerpt(start=1.0).require_inside(10, 10)
