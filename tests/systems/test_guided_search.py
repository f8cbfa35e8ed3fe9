"""What all systems that search share, on the one that can do all of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.conditions.likeness import Target, unlikeness
from hearsight.errors import ConfigError
from hearsight.picture import Picture
from hearsight.samplers import search_config
from hearsight.samplers.cutouts import cutouts, whole
from hearsight.samplers.search import Progress
from hearsight.systems import guided_vqgan_config
from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN
from tests.systems.sounding import contents, tone

SOUND = tone(500)
QUICK = {"steps": 25, "rate": 0.4}


@pytest.fixture(scope="module")
def system() -> Wav2CLIPVQGAN:
    torch.manual_seed(0)
    system = Wav2CLIPVQGAN(guided_vqgan_config.wav2clip_debug())
    torch.nn.init.normal_(system.vqgan.codebook)  # untrained, all codes are nearly alike
    return system


@pytest.fixture
def red(tmp_path) -> str:
    file = tmp_path / "red.png"
    Image.new("RGB", (40, 20), (200, 20, 20)).save(file)
    return str(file)


def apart(system: Wav2CLIPVQGAN, picture: Picture, embedding: torch.Tensor) -> float:
    pixels = torch.from_numpy(np.array(picture.image)).permute(2, 0, 1) / 255
    with torch.no_grad():
        return float(unlikeness(system._look(cutouts(pixels, whole(32))), [Target(embedding)]))


# What a picture should be like ----------------------------------------------------------------------------------------


def test_a_text_is_read_once_however_many_pictures_are_drawn(system, monkeypatch):
    fresh = Wav2CLIPVQGAN(system.config, system.ear, system.eye, system.vqgan)
    read: list[str] = []
    real = system.eye.read
    monkeypatch.setattr(system.eye, "read", lambda texts: read.extend(texts) or real(texts))
    fresh([SOUND, SOUND], pictures_per_sound=2, prompt="a dog | a cat:0.5", against="a frame")
    assert read == ["a dog", "a cat", "a frame"]


def test_several_texts_pull_and_push_by_their_weights(system):
    words = {"prompt": "a dog | a cat:0.5", "prompt_weight": 2.0, "against": "a frame:3 | a text:0"}
    targets = system.wishes.targets(system.settings(**words))
    assert [target.weight for target in targets] == [2.0, 1.0, -3.0]
    for target, text in zip(targets, ("a dog", "a cat", "a frame"), strict=True):
        assert torch.equal(target.embedding, system.eye.read([text])[0])
    alone = contents(system(SOUND, prompt="a dog", **QUICK))
    assert contents(system(SOUND, prompt="a dog | a cat:0", **QUICK)) == alone


def test_words_alone_are_what_the_text_topline_draws(system):
    drawn = system(SOUND, prompt="a dog", sound_weight=0.0, seed=3)[0]
    assert drawn.image.tobytes() == system.draw_words(["a dog"], seeds=[3])[0].tobytes()


def test_a_picture_pulls(system, red):
    seen = system.eye.see([Image.open(red)])[0]
    (target,) = system.wishes.targets(system.settings(picture=red, picture_weight=0.5))
    assert target.weight == 0.5 and torch.equal(target.embedding, seen)
    ways = ({"steps": 1, "rate": 1e-9}, {"steps": 40, "rate": 0.3})
    first, last = (system(SOUND, picture=red, sound_weight=0.0, **way)[0] for way in ways)
    assert apart(system, last, seen) < apart(system, first, seen)
    assert last.recipe["settings"]["picture"] == red
    assert len(last.recipe["files"]["picture"]) == 64
    assert "files" not in system(SOUND, steps=1)[0].recipe


def test_a_picture_that_changed_is_looked_at_again(system, red):
    import os

    before = contents(system(SOUND, picture=red, picture_weight=50.0, **QUICK))
    Image.new("RGB", (40, 20), (20, 200, 20)).save(red)
    os.utime(red, ns=(1, 1))
    assert contents(system(SOUND, picture=red, picture_weight=50.0, **QUICK)) != before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sound_weight": -1.0}, "sound_weight=-1.0: must be a finite number from 0"),
        ({"picture_weight": float("nan")}, "picture_weight=nan"),
        ({"sound_weight": 0.0}, "sound_weight=0.0: then nothing is searched for"),
        ({"sound_weight": 0.0, "prompt": "a dog:0"}, "then nothing is searched for"),
        ({"picture": "none.png"}, "picture='none.png': there is no such file"),
        ({"picture": __file__}, "picture=.*: not a picture that can be read"),
        ({"preset": "styleklip"}, "preset='styleklip': .*did you mean 'styleclip'"),
        ({"until": 0}, "until=0: must be from 1"),
        ({"until": 4}, "until=4: must be from 1 to 3"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(system, settings, message):
    with pytest.raises(ConfigError, match=message):
        system(SOUND, **settings)


# The search -----------------------------------------------------------------------------------------------------------


def test_a_preset_stands_for_all_settings_of_a_published_search(system):
    chosen = system.settings(preset="vqgan-clip", steps=7)
    published = search_config.vqgan_clip()
    assert (chosen["steps"], chosen["views"], chosen["keep"]) == (7, published.cutouts.count, "last")
    assert system._search_config(chosen) == replace(published, steps=7, cutouts=replace(published.cutouts, size=32))
    assert system.settings(preset="styleclip")["rates"] == "ramped"
    assert system._search_config(system.settings(preset="edit")).cutouts == whole(32)
    assert system._search_config(system.settings()) == system.config.search
    picture = system(SOUND, preset="edit", steps=2)[0]
    assert contents(system(SOUND, **picture.recipe["settings"])) == contents([picture])


def test_a_preset_takes_back_what_the_system_has_of_its_own(system):
    own = replace(system.config, search=replace(system.config.search, patience=1))
    impatient = Wav2CLIPVQGAN(own, system.ear, system.eye, system.vqgan)
    assert impatient.settings()["patience"] == 1
    assert impatient.settings(preset="vqgan-clip")["patience"] is None
    assert impatient.settings(preset="vqgan-clip", patience=3)["patience"] == 3


def test_the_best_of_several_starts_and_patience(system):
    condition = system.hear([SOUND])
    still = {"steps": 2, "rate": 1e-9, "preset": "styleclip", "rates": "constant"}
    one, four = (system.search(condition, seeds=[0], starts=starts, **still) for starts in (1, 4))
    assert float(four.loss) < float(one.loss)
    steps: list[int] = []
    patient = {**still, "steps": 9, "patience": 2}
    system.search(condition, seeds=[0], callback=lambda progress: steps.append(progress.step), **patient)
    assert steps == [1, 2, 3]


def test_a_search_shows_losses_and_previews(system):
    seen: list[Progress] = []
    condition = system.hear([SOUND]).expand(2, -1)
    found = system.search(condition, seeds=[4, 5], callback=seen.append, steps=3)
    assert [(progress.step, progress.steps) for progress in seen] == [(1, 3), (2, 3), (3, 3)]
    assert seen[0].pictures.shape == (2, 3, 16, 16) and seen[0].loss.shape == (2,)
    assert found.looks == (4, 4)
    drawn = [image.tobytes() for image in system.draw(condition, seeds=[4, 5], steps=3)]
    assert drawn == [contents(system(SOUND, seed=seed, steps=3))[0] for seed in (4, 5)]


# Interrupting ---------------------------------------------------------------------------------------------------------


class Interrupting:
    """A callback that is interrupted after so many steps of a picture, and counts all that it is told."""

    def __init__(self, at: int, picture: int = 1) -> None:
        self.at, self.picture, self.told, self.pictures = at, picture, 0, 0

    def __call__(self, step: int, steps: int) -> None:
        self.told += 1
        self.pictures += step == 1
        if (self.pictures, step) == (self.picture, self.at):
            raise KeyboardInterrupt


def test_a_systems_own_starts_give_way_to_a_given_one_and_to_few_steps(system, tmp_path):
    own = replace(system.config.search, starts=4, trial_steps=1)
    several = Wav2CLIPVQGAN(replace(system.config, search=own))
    Image.new("RGB", (16, 16)).save(tmp_path / "start.png")
    assert several.settings()["starts"] == 4 and several.settings(steps=1)["trial_steps"] == 0
    given = several.settings(start=tmp_path / "start.png")
    assert given["starts"] == 1 and several.settings(**given) == given
    with pytest.raises(ConfigError, match=r"starts=3: the start is given, so there is only one; set starts=1\."):
        several.settings(start=tmp_path / "start.png", starts=3)


@pytest.mark.parametrize("settings", [{}, {"keep": "last", "rates": "ramped"}, {"starts": 3, "trial_steps": 2}])
@pytest.mark.parametrize("at", [1, 4])
def test_the_recipe_of_an_interrupted_picture_draws_it_again(system, at, settings):
    (picture,) = system(SOUND, steps=9, rate=0.4, callback=Interrupting(at), **settings)
    assert picture.recipe["settings"]["until"] == at
    assert picture.recipe["settings"]["steps"] == 9
    (again,) = system(SOUND, **picture.recipe["settings"])
    assert contents([again]) == contents([picture])
    assert again.recipe == picture.recipe


def test_ctrl_c_ends_everything_with_what_there_is(system):
    stop = Interrupting(at=2, picture=2)
    drawn = system([SOUND, SOUND], pictures_per_sound=2, steps=3, callback=stop)
    assert len(drawn) == 2 and stop.pictures == 2
    assert "until" in drawn[1].recipe["settings"] and drawn[1].recipe["settings"]["until"] == 2
    assert drawn[0].recipe["settings"]["until"] is None


def test_pictures_gives_the_best_so_far_before_it_raises(system):
    pictures = system.pictures(SOUND, pictures_per_sound=3, batch=2, steps=3, callback=Interrupting(at=2))
    searched_together = [next(pictures), next(pictures)]
    assert [picture.recipe["settings"]["until"] for picture in searched_together] == [2, 2]
    with pytest.raises(KeyboardInterrupt):
        next(pictures)
