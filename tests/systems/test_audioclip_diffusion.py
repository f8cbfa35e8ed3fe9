from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
import torch
from torch import Tensor

import hearsight
from hearsight.errors import ConfigError
from hearsight.generators import pixel_unet
from hearsight.sound.sound import Sound
from hearsight.systems import audioclip_diffusion
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion
from tests.systems.sounding import contents, tones

SCHEDULERS = [{"scheduler": "dpm++", "steps": 2}, {"scheduler": "ddpm", "steps": 3}]


@pytest.fixture(scope="module")
def system() -> AudioCLIPDiffusion:
    torch.manual_seed(0)
    return AudioCLIPDiffusion(audioclip_diffusion.debug())


SOUNDS = tones(rate=22050)


@pytest.mark.parametrize("settings", SCHEDULERS)
def test_a_picture_is_the_same_alone_and_among_three(system, settings):
    together = contents(system(SOUNDS, seed=5, **settings))
    assert [contents(system(sound, seed=5, **settings))[0] for sound in SOUNDS] == together
    assert len(set(together)) == 3


@pytest.mark.parametrize("settings", SCHEDULERS)
def test_a_drawing_is_the_same_alone_and_in_a_batch_of_three(system, settings):
    condition = system.hear(SOUNDS)
    together = system.draw(condition, seeds=[7, 8, 9], **settings)
    for row, seed, image in zip(condition, (7, 8, 9), together, strict=True):
        assert system.draw(row[None], seeds=[seed], **settings)[0].tobytes() == image.tobytes()


def test_words_are_drawn_as_what_the_text_head_reads(system):
    words = ["a dog", "rain"]
    told: list[tuple[int, int]] = []
    drawn = system.draw_words(words, seeds=[3, 4], steps=3, callback=lambda *step: told.append(step))
    read = system.draw(system.audioclip.read(words), seeds=[3, 4], steps=3)
    assert [image.tobytes() for image in drawn] == [image.tobytes() for image in read]
    assert told == [(1, 3), (2, 3), (3, 3)] * 2
    assert system.draw_words(words[1:], seeds=[4], steps=3)[0].tobytes() == drawn[1].tobytes()
    assert system.draw_words(words[:1], seeds=[4], steps=3)[0].tobytes() != drawn[1].tobytes()


def test_a_text_head_without_its_vocabulary_cannot_be_told_words():
    config = audioclip_diffusion.debug()
    published = replace(config.audioclip, text=replace(config.audioclip.text, tokenizer="clip"))
    silent = AudioCLIPDiffusion(replace(config, audioclip=published))
    with pytest.raises(ConfigError, match="audioclip-diffusion: its text head reads CLIP's tokens") as error:
        silent.draw_words(["a dog"], seeds=[0])
    assert "no text topline" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("settings", SCHEDULERS)
def test_two_threads_at_once_draw_what_each_would_alone(system, settings):
    alone = [contents(system(sound, **settings)) for sound in SOUNDS[:2]]
    together = Barrier(2)

    def draw(sound: Sound) -> list[bytes]:
        return contents(system(sound, callback=lambda step, of: together.wait(20), **settings))  # step beside step

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(draw, SOUNDS[:2])) == alone


def test_other_seeds_and_schedulers_draw_other_pictures(system):
    drawn = [
        system(SOUNDS[0], **settings)
        for settings in ({}, {"seed": 1}, {"steps": 3}, {"scheduler": "ddpm"}, {"guidance": 1.0}, {"precision": "bf16"})
    ]
    assert len({contents(pictures)[0] for pictures in drawn}) == 6


def test_another_size_may_be_asked_for(system):
    assert system(SOUNDS[0], size=24, steps=1)[0].image.size == (24, 24)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sheduler": "ddpm"}, "sheduler='ddpm': .*did you mean 'scheduler'"),
        ({"prompt": "a dog"}, "prompt='a dog': audioclip-diffusion has no such setting"),
        ({"scheduler": "dmp++"}, r"did you mean 'dpm\+\+'"),
        ({"steps": 0}, "steps=0"),
        ({"size": 17}, "size=17: .*multiples of 8.*try 16"),
        ({"size": 0}, "size=0"),
        ({"precision": "fp16"}, "precision='fp16': .*bf16, fp32"),
        ({"guidance_interval": (0.9, 0.1)}, "guidance_interval"),
        ({"guidance": float("nan")}, "guidance=nan: must be a finite number"),
    ],
)
def test_what_cannot_be_honoured_is_an_error(system, settings, message):
    with pytest.raises(ConfigError, match=message):
        system(SOUNDS[0], **settings)


def test_one_seed_for_every_picture(system):
    with pytest.raises(ConfigError, match="1 seeds for 3 pictures"):
        system.draw(system.hear(SOUNDS), seeds=[0])


def test_an_embedding_of_another_width_is_refused():
    config = replace(audioclip_diffusion.debug(), unet=pixel_unet.debug(embed=24))
    with pytest.raises(ConfigError, match=r"unet\.projection\.embed=24: the AudioCLIP gives embeddings of 16"):
        AudioCLIPDiffusion(config)


def test_what_was_heard_is_a_unit_vector_and_named(system):
    condition = system.hear(SOUNDS)
    torch.testing.assert_close(condition.norm(dim=1), torch.ones(3))
    named = system.classes(condition[0], top=2)
    assert {label for label, _ in named} == {"dog", "rain"}
    assert sum(share for _, share in named) == pytest.approx(1)
    assert named[0][1] > named[1][1]
    assert system.classes(condition[0], top=1) == named[:1]
    expected = system.audioclip.classify(SOUNDS[:1], ["a dog", "rain"])[0].tolist()
    assert [dict(named)[label] for label in ("dog", "rain")] == pytest.approx(expected, rel=1e-4)


def test_without_labels_nothing_is_named():
    silent = AudioCLIPDiffusion(replace(audioclip_diffusion.debug(), labels={}))
    assert silent.classes(silent.hear(SOUNDS[:1])[0]) == []


def test_the_recipe_tells_how_it_was_drawn(system):
    recipe = system(SOUNDS[0], scheduler="ddpm")[0].recipe
    assert recipe["settings"] == {
        "scheduler": "ddpm",
        "steps": 2,
        "guidance": 3.0,
        "guidance_interval": [0.0, 1.0],
        "clip": True,
        "precision": "fp32",
        "size": 16,
    }
    assert {label for label, _ in recipe["heard"]} == {"dog", "rain"}


@pytest.mark.parametrize("settings", SCHEDULERS)
def test_a_saved_system_draws_identical_bytes(system, settings, tmp_path):
    folder = system.save_pretrained(tmp_path / "saved")
    loaded = hearsight.load(folder, device="cpu")
    assert isinstance(loaded, AudioCLIPDiffusion)
    assert loaded.config == system.config
    assert contents(loaded(SOUNDS, **settings)) == contents(system(SOUNDS, **settings))


def test_half_precision_is_half_as_large_and_draws_nearly_the_same(system, tmp_path):
    folders = [system.save_pretrained(tmp_path / kind, precision=kind) for kind in ("float32", "float16")]
    whole, half = (sum(file.stat().st_size for file in folder.glob("*.safetensors")) for folder in folders)
    assert half < 0.6 * whole
    loaded = AudioCLIPDiffusion.from_pretrained(folders[1], device="cpu")
    assert next(loaded.unet.parameters()).dtype == torch.float32
    torch.testing.assert_close(loaded.hear(SOUNDS), system.hear(SOUNDS), atol=0.02, rtol=0)
    ours, theirs = (np.asarray(each(SOUNDS[0], guidance=1.0)[0].image, int) for each in (system, loaded))
    assert np.abs(ours - theirs).mean() < 4


@pytest.mark.parametrize("size", ["published", "pocket"])
def test_the_named_sizes_fit_together(size):
    with torch.device("meta"):  # shapes alone: the published networks take half a gigabyte
        made = AudioCLIPDiffusion(getattr(audioclip_diffusion, size)())
        unet = made.config.unet
        noisy, embedding = torch.empty(1, 3, unet.size, unet.size), torch.empty(1, made.config.audioclip.embed)
        drawn: Tensor = made.unet(noisy, torch.empty(1), embedding)
    assert drawn.shape == (1, 3, 64, 64)
    assert made.unet.projection.linear.in_features == {"published": 1024, "pocket": 256}[size]


def test_the_published_settings_are_those_of_the_thesis():
    config = audioclip_diffusion.published()
    assert (config.sampling.scheduler, config.sampling.steps, config.sampling.guidance) == ("ddpm", 1000, 3.0)
    assert (config.schedule.steps, config.schedule.prediction, config.sampling.clip) == (1000, "epsilon", False)
