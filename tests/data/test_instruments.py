import shutil

import numpy as np
import pytest

from hearsight.data import instruments
from hearsight.data.instruments import HELD_OUT_ROOMS, INSTRUMENTS, TRAINING_ROOMS
from hearsight.errors import MissingDependency

needs_fluidsynth = pytest.mark.skipif(
    not (shutil.which("fluidsynth") and instruments.SOUND_FONT.exists()), reason="FluidSynth or its font is missing"
)


def phrases(label: str, held_out: bool) -> list[instruments.Phrase]:
    return [
        instruments.phrase(INSTRUMENTS[label], np.random.default_rng([held_out, seed]), held_out=held_out)
        for seed in range(60)
    ]


@pytest.mark.parametrize("label", INSTRUMENTS)
def test_phrases_stay_in_the_instruments_range_and_length(label):
    instrument = INSTRUMENTS[label]
    for phrase in phrases(label, False) + phrases(label, True):
        assert 2 <= phrase.seconds <= 5
        assert phrase.notes and phrase.preset in instrument.presets
        assert all(instrument.lowest <= note.pitch <= instrument.highest for note in phrase.notes)
        assert all(0 <= note.start < phrase.seconds and 1 <= note.velocity <= 127 for note in phrase.notes)
        assert instrument.chords or len({note.start for note in phrase.notes}) == len(phrase.notes)


def test_training_never_enters_the_held_out_rooms():
    assert {phrase.room for phrase in phrases("flute", False)} == set(TRAINING_ROOMS)
    assert {phrase.room for phrase in phrases("flute", True)} == set(HELD_OUT_ROOMS)


def test_the_held_out_combination_of_preset_and_register_is_not_trained_on():
    instrument = INSTRUMENTS["saxophone"]
    third = (instrument.highest - instrument.lowest) // 3
    middle = range(instrument.lowest + third, instrument.highest - third)

    def kept(phrase: instruments.Phrase) -> bool:
        return phrase.preset == instrument.presets[-1] and any(
            note.pitch in middle for note in phrase.notes if len(phrase.notes) == 1
        )

    assert any(kept(phrase) for phrase in phrases("saxophone", True))
    assert not any(kept(phrase) for phrase in phrases("saxophone", False))


def test_chords_are_played_where_they_are_natural():
    starts = [[note.start for note in phrase.notes] for phrase in phrases("piano", False)]
    assert any(len(set(times)) < len(times) for times in starts)


@needs_fluidsynth
def test_rendering_is_deterministic_and_audible_and_has_the_right_pitch():
    note = instruments.Note(0.0, 1.5, 69, 100)
    phrase = instruments.Phrase((0, 73), TRAINING_ROOMS[0], 0.0, 2.0, (note,))
    samples = instruments.render(phrase, 22050)
    assert samples.dtype == np.float32 and samples.shape == (44100,)
    np.testing.assert_array_equal(samples, instruments.render(phrase, 22050))
    spectrum = np.abs(np.fft.rfft(samples[5000:27050]))
    assert abs(np.argmax(spectrum[300:600]) + 300 - 440) <= 5


@needs_fluidsynth
def test_a_room_makes_notes_ring_on():
    note = instruments.Note(0.0, 0.2, 72, 100)
    dry, wet = (
        instruments.render(instruments.Phrase((0, 13), room, 0.0, 2.0, (note,)), 22050)
        for room in (TRAINING_ROOMS[0], HELD_OUT_ROOMS[1])
    )
    assert np.square(wet[22050:]).mean() > 3 * np.square(dry[22050:]).mean()


def test_a_missing_sound_font_says_what_to_install(tmp_path):
    phrase = instruments.phrase(INSTRUMENTS["piano"], np.random.default_rng(0))
    with pytest.raises(MissingDependency, match=r"apt install .*fluid-soundfont-gm"):
        instruments.render(phrase, font=tmp_path / "none.sf2")
