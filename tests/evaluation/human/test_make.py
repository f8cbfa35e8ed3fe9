from collections import Counter

import pytest
import soundfile
from PIL import Image

from hearsight.errors import ConfigError, DataError, SoundError
from hearsight.evaluation.human.make import Plan, make
from hearsight.evaluation.human.sources import find
from hearsight.evaluation.human.study import load


@pytest.fixture
def drawn(material):
    return find([(None, material / "ours"), (None, material / "theirs")], sounds=material / "sounds")


def judged(study):
    return [trial for trial in study.trials if not trial.expected]


def test_match_shows_the_own_picture_beside_one_of_another_class(material, drawn, drawn_by):
    study = make(Plan("match"), drawn, material / "study")
    assert load(material / "study") == study
    assert Counter((one.repetition, one.method) for one in judged(study)) == {
        (repetition, method): 4 for repetition in range(3) for method in ("ours", "theirs")
    }
    for trial in judged(study):
        (mine, own), (its, other) = (drawn_by(material / "study/pictures" / one.picture) for one in trial.candidates)
        assert [one.meaning for one in trial.candidates] == ["positive", "negative"]
        assert mine == its == trial.method
        assert own.split("/") == [trial.label, trial.source]
        assert other.split("/")[0] != trial.label
    wrong = [[one.candidates[1] for one in judged(study) if one.repetition == number] for number in range(3)]
    assert wrong[0] != wrong[1] or wrong[1] != wrong[2]  # every repetition draws others


def test_relevance_shows_the_same_sounds_of_every_system_in_silence(material, drawn, drawn_by):
    study = make(Plan("relevance", count=3), drawn, material / "study")
    shown = {
        method: {(one.label, one.source) for one in judged(study) if one.method == method} for method in study.methods
    }
    assert len(shown["ours"]) == 3
    assert shown["ours"] == shown["theirs"]
    assert study.raters == 17
    assert {one.sound for one in study.trials} == {""}
    assert not (material / "study/sounds").exists()


def test_preference_shows_every_two_systems(material, drawn, drawn_by):
    study = make(Plan("preference"), drawn, material / "study")
    assert len(judged(study)) == 4
    for trial in judged(study):
        shown = [drawn_by(material / "study/pictures" / one.picture) for one in trial.candidates]
        assert shown == [(one.meaning, f"{trial.label}/{trial.source}") for one in trial.candidates]
        assert trial.answers == ("ours", "theirs", "neither")


def test_what_raters_get_does_not_tell_who_drew_it(material, drawn):
    study = make(Plan("preference", longest=0.1), drawn, material / "study")
    for trial in judged(study):
        for one in trial.candidates:
            with Image.open(material / "study/pictures" / one.picture) as image:
                assert image.text == {}
            assert not {"ours", "theirs"} & {one.picture.split(".")[0]}
        assert soundfile.info(material / "study/sounds" / trial.sound).duration == pytest.approx(0.1)


def test_checks_can_be_told_only_by_looking(material, drawn):
    study = make(Plan("match", checks=3), drawn, material / "study")
    checks = [trial for trial in study.trials if trial.expected]
    assert len(checks) == 3
    assert all(set(study.of_repetition(number)) >= set(checks) for number in range(3))
    assert {one.sound for one in checks} <= {one.sound for one in judged(study)}
    assert all(one.expected in one.answers for one in checks)


def test_the_seed_decides(material, drawn):
    one, same, other = (make(Plan("match", seed=seed), drawn, material / f"{at}") for at, seed in enumerate((0, 0, 1)))
    assert one == same
    assert one.trials != other.trials


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan("relevance"), "drew 4 sounds, and the study shows 15 .* --count 4"),
        (Plan("preference", count=9), "--count 4"),
        (Plan("relevance", count=2, repetitions=3), "only match"),
    ],
)
def test_too_much_is_refused_before_anything_is_written(material, drawn, plan, message):
    with pytest.raises((DataError, ConfigError), match=message):
        make(plan, drawn, material / "study")
    assert not (material / "study").exists()


def test_mistakes(material, drawn):
    with pytest.raises(ConfigError, match="is there already"):
        make(Plan("match"), drawn, material / "ours")
    dogs = [one for one in drawn if one.label == "dog"]
    with pytest.raises(DataError, match="one class"):
        make(Plan("match"), dogs, material / "study")
    with pytest.raises(DataError, match="ours: is one system"):
        make(Plan("preference"), [one for one in drawn if one.method == "ours"], material / "study")
    with pytest.raises(DataError, match="ours: has no picture of 3"):
        make(Plan("preference"), [one for one in drawn if (one.method, one.label) != ("ours", "piano")], material / "s")
    with pytest.raises(DataError, match=r"dog/1\.png, .* and 1 more: the sound .* --sounds"):
        make(Plan("match"), find([(None, material / "ours")]), material / "study")
    flat = material / "flat"
    flat.mkdir()
    (material / "ours/dog/1.png").rename(flat / "1.png")
    with pytest.raises(DataError, match=r"1\.png: no label"):
        make(Plan("relevance", count=1), find([(None, flat)]), material / "study")


def test_a_broken_sound_leaves_no_study(material, drawn):
    (material / "sounds/dog/2.wav").write_bytes(b"no sound")
    with pytest.raises(SoundError, match=r"2\.wav"):
        make(Plan("match"), drawn, material / "study")
    with pytest.raises(DataError, match="is no study"):
        load(material / "study")
