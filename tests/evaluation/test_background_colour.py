from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.data.scenes import GROUNDS, Scene, draw
from hearsight.errors import ConfigError
from hearsight.evaluation.background_colour import COLOURS, judge, measure, share_of
from hearsight.systems import audioclip_diffusion, audiotoken
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion
from hearsight.systems.audiotoken import AudioToken


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for label in ("high", "low"):
        (folder / "sounds" / "held_out" / label).mkdir(parents=True)
        tone = 0.4 * np.sin({"high": 2000, "low": 200}[label] * np.arange(8000) / 16000)
        for number in range(2):
            soundfile.write(folder / "sounds" / "held_out" / label / f"{number}.wav", tone, 16000)
    return folder


def test_every_word_is_its_own_colour_and_no_other() -> None:
    for word, colour in COLOURS.items():
        picture = Image.new("RGB", (40, 30), colour)
        assert {other: share_of(picture, other) for other in COLOURS} == {other: other == word for other in COLOURS}


def test_only_the_outermost_eighth_is_looked_at() -> None:
    picture = Image.new("RGB", (64, 64), GROUNDS["red"])
    picture.paste(GROUNDS["blue"], (8, 8, 56, 56))
    assert share_of(picture, "red") == 1
    picture.paste(GROUNDS["blue"], (0, 0, 64, 32))
    assert share_of(picture, "red") == 0.5
    assert judge([picture], "red", ["dog"]).obeyed == 0  # half is not mostly


def test_composed_scenes_have_the_ground_that_their_caption_says(pictograms) -> None:
    random = np.random.default_rng(0)
    scenes = [Scene(label, count, word) for label in ("dog", "clarinet") for count in (1, 3) for word in GROUNDS]
    for scene in scenes:
        picture = draw(scene, pictograms / "pictograms", random, 64)
        assert share_of(picture, scene.ground or "") > 0.5, scene


def test_the_share_of_pictures_is_counted_for_each_class_and_has_an_interval() -> None:
    pictures = [Image.new("RGB", (16, 16), GROUNDS[word]) for word in ("red", "blue", "red", "red")]
    result = judge(pictures, "red", ["dog", "dog", "rain", "rain"])
    assert result.obeyed == 0.75
    assert result.per_class == {"dog": 0.5, "rain": 1.0}
    low, high = result.interval()
    assert 0 <= low < 0.75 < high <= 1


def test_every_held_out_sound_is_drawn_with_the_colour_in_its_prompt(data) -> None:
    torch.manual_seed(0)
    system = AudioToken(audiotoken.debug())
    steps: list[tuple[int, int]] = []
    result, pictures = measure(
        system, data, "orange", pictures_per_sound=2, seed=5, progress=lambda *at: steps.append(at)
    )
    assert [picture.recipe["settings"]["prompt"] for picture in pictures] == ["<sound> on an orange background"] * 8
    assert [picture.recipe["seed"] for picture in pictures] == [5, 6, 7, 8] * 2
    assert result.labels == ("high",) * 4 + ("low",) * 4 and steps[-1] == (8, 8)
    again, topline = measure(system, data, "orange", topline=True, sounds_per_class=1)
    assert [picture.recipe["words"] for picture in topline] == ["high", "low"] and len(again.shares) == 2


def test_what_cannot_be_asked_is_one_line(data) -> None:
    system = AudioToken(audiotoken.debug())
    with pytest.raises(ConfigError, match="colour='mauve': no colour is known by this word; take one of white, grey"):
        measure(system, data, "mauve")
    with pytest.raises(ConfigError, match="audioclip-diffusion has no such setting"):
        measure(AudioCLIPDiffusion(audioclip_diffusion.debug()), data)
