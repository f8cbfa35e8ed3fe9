import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.errors import ConfigError, DataError
from hearsight.evaluation.adherence import Adherence, judge_pictures, measure
from hearsight.systems import audiotoken, guided_vqgan_config
from hearsight.systems.audiotoken import AudioToken
from hearsight.systems.guided_vqgan import WavBriVLVQGAN

TONES = ("blue", "red")


def coloured(*names: str) -> list[Image.Image]:
    return [Image.new("RGB", (20, 20), {"green": "lime"}.get(name, name)) for name in names]


def test_the_confusion_counts_heard_against_seen(judge):
    heard = ["red", "red", "red", "green", "blue", "blue"]
    result = judge_pictures(judge, coloured("red", "red", "blue", "green", "blue", "green"), heard, batch=4)
    assert result.labels == ("red", "green", "blue")
    assert result.confusion.tolist() == [[2, 0, 1], [0, 1, 0], [0, 1, 1]]
    assert result.per_class == {"red": 2 / 3, "green": 1.0, "blue": 0.5}


def test_a_class_the_judge_does_not_know_is_named(judge):
    with pytest.raises(DataError, match="yellow: the judge knows only red, green, blue"):
        judge_pictures(judge, coloured("red"), ["yellow"])


def test_the_mean_is_over_classes_however_many_pictures_they_have():
    result = Adherence(("a", "b", "c"), np.array([[90, 10, 0], [1, 1, 0], [0, 0, 0]]))
    assert result.per_class == {"a": 0.9, "b": 0.5}
    assert result.mean() == pytest.approx(0.7)
    assert result.mean(["b"]) == 0.5


def test_a_class_that_was_not_drawn_has_no_mean():
    result = Adherence(("a", "b"), np.array([[1, 0], [0, 0]]))
    with pytest.raises(DataError, match="b: was not drawn"):
        result.mean(["a", "b"])
    with pytest.raises(DataError, match="aa: was not drawn"):
        result.mean(["aa"])
    with pytest.raises(DataError, match="no class"):
        Adherence(("a",), np.array([[0]])).mean()


def test_the_interval_holds_the_mean_and_narrows_with_more_pictures():
    few, many = (Adherence(("a", "b"), times * np.array([[8, 2], [5, 5]])) for times in (1, 100))
    for result in (few, many):
        low, high = result.interval()
        assert low < result.mean() < high
        assert result.interval() == (low, high)
        assert result.interval(level=0.5)[0] > low
    widths = [high - low for low, high in (few.interval(), many.interval())]
    # Two classes of ten: the standard error is sqrt(0.016 + 0.025) / 2, four of which are about 0.405.
    assert widths[0] == pytest.approx(0.4, abs=0.06)
    assert widths[1] == pytest.approx(0.04, abs=0.006)


def test_the_interval_of_what_is_always_right_is_a_point():
    assert Adherence(("a", "b", "c"), np.diag([5, 7, 0])).interval() == (1.0, 1.0)


def test_a_result_has_no_interval_where_a_class_has_one_picture(network):
    some, single = (Adherence(("a", "b"), np.array([[3, 1], [0, count]])).result(network(2)) for count in (2, 1))
    assert (some.metric, some.value, some.samples) == ("adherence", 0.875, 6)
    assert some.interval[0] < some.value < some.interval[1] and single.interval is None
    assert some.plain()["details"]["confusion"] == [[3, 1], [0, 2]]


def test_every_held_out_sound_is_drawn_with_seeds_of_its_own(judge, data, system):
    steps: list[tuple[int, int]] = []
    result, pictures = measure(
        system,
        data,
        judge,
        pictures_per_sound=2,
        seed=7,
        progress=lambda done, of: steps.append((done, of)),
        steps=1,
        guidance=1.0,
    )
    drawn = [(picture.recipe["sound"]["name"], picture.recipe["seed"]) for picture in pictures]
    assert drawn == [
        (f"{label}{number}.wav", 7 + 2 * number + k) for label in TONES for number in (0, 1) for k in (0, 1)
    ]
    assert result.confusion.sum(axis=1).tolist() == [4, 0, 4]
    assert steps == [(2, 8), (4, 8), (6, 8), (8, 8)]
    assert {picture.recipe["settings"]["guidance"] for picture in pictures} == {1.0}
    again = judge_pictures(judge, [picture.image for picture in pictures], ["blue"] * 4 + ["red"] * 4)
    assert (again.confusion == result.confusion).all()


def test_a_few_sounds_of_each_class_may_do(judge, data, system):
    _, pictures = measure(system, data, judge, sounds_per_class=1, steps=1, guidance=1.0)
    assert [picture.recipe["sound"]["name"] for picture in pictures] == ["blue0.wav", "red0.wav"]


def test_the_topline_draws_the_names_of_the_classes(judge, data):
    torch.manual_seed(0)
    reader = AudioToken(audiotoken.debug())
    said: list[str] = []
    encode = reader.diffusion.encode
    reader.diffusion.encode = lambda prompt, tokens=None: said.append(prompt) or encode(prompt, tokens)
    result, pictures = measure(reader, data, judge, topline=True, pictures_per_sound=2, prompt="a photo of <sound>")
    assert result.confusion.sum() == len(pictures) == 8
    assert {"a photo of blue", "a photo of red"} == set(said) - {""}
    assert [picture.recipe["seed"] for picture in pictures[:4]] == [0, 1, 2, 3]
    assert pictures[0].recipe["words"] == "blue"
    alone = reader.draw_words(["blue"], seeds=[3], prompt="a photo of <sound>")[0]
    assert pictures[3].image.tobytes() == alone.tobytes()


def test_a_system_that_cannot_read_has_no_topline(judge, data):
    deaf_to_words = WavBriVLVQGAN(guided_vqgan_config.wavbrivl_debug())
    with pytest.raises(ConfigError, match="wavbrivl: draws from sounds alone"):
        measure(deaf_to_words, data, judge, topline=True)
