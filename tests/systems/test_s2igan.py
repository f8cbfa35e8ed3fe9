from dataclasses import replace

import numpy as np
import pytest
import torch

import hearsight
from hearsight.errors import ConfigError, SoundError
from hearsight.generators import stacked_gan
from hearsight.sound.sound import Sound
from hearsight.systems import s2igan
from hearsight.systems.s2igan import S2IGAN


def sentence(seed: int, seconds: float = 1.0) -> Sound:
    """Four syllables of noise a second."""
    samples = np.random.default_rng(seed).normal(0, 0.1, (1, round(8000 * seconds)))
    samples *= np.sin(4 * np.pi * np.arange(samples.shape[1]) / 8000) ** 2
    return Sound(samples.astype(np.float32), 8000, f"sentence {seed}")


@pytest.fixture(scope="module")
def system() -> S2IGAN:
    torch.manual_seed(0)
    return S2IGAN(s2igan.debug())


def test_sentences_become_pictures_of_the_largest_scale(system):
    pictures = system([sentence(0), sentence(1, 0.6)], pictures_per_sound=2)
    assert [picture.image.size for picture in pictures] == [(32, 32)] * 4
    assert len({picture.image.tobytes() for picture in pictures}) == 4
    assert [picture.recipe["seed"] for picture in pictures] == [0, 1, 0, 1]


def test_a_picture_does_not_depend_on_its_company(system):
    condition = system.hear([sentence(0), sentence(1), sentence(2)])
    together = system.draw(condition, seeds=[4, 5, 6])
    alone = system.draw(system.hear([sentence(1)]), seeds=[5])[0]
    assert together[1].tobytes() == alone.tobytes()
    assert system.draw(condition[1:2], seeds=[6])[0].tobytes() != alone.tobytes()


def test_every_scale_can_be_asked_for_and_no_other(system):
    condition = system.hear([sentence(0)])
    assert [system.draw(condition, seeds=[0], size=size)[0].size[0] for size in (8, 16, 32)] == [8, 16, 32]
    with pytest.raises(ConfigError, match="size=20: this generator draws 8, 16, 32 pixels"):
        system.draw(condition, seeds=[0], size=20)


def test_a_drawing_comes_at_all_scales_at_once(system):
    pictures = system.scales(sentence(0), seed=3, variety=0.5)
    assert [picture.image.size for picture in pictures] == [(8, 8), (16, 16), (32, 32)]
    for picture in pictures:
        alone = system(sentence(0), seed=3, variety=0.5, size=picture.image.width)[0]
        assert (picture.image.tobytes(), picture.recipe) == (alone.image.tobytes(), alone.recipe)


def noises(system: S2IGAN, **settings: object) -> tuple[torch.Tensor, torch.Tensor]:
    """The noise and the condition's noise with which one picture is drawn."""
    seen: list[tuple[torch.Tensor, ...]] = []
    hook = system.generator.register_forward_pre_hook(lambda module, inputs: seen.append(inputs))
    system(sentence(0), **settings)
    hook.remove()
    return seen[0][1], seen[0][2]


def test_the_condition_may_have_a_seed_of_its_own(system):
    noise, condition = noises(system, seed=3)
    drawn = torch.randn(8, generator=torch.Generator().manual_seed(3))
    assert torch.equal(torch.cat((noise, condition), dim=1)[0], drawn)  # both from the picture's seed, one by one
    same_noise, other = noises(system, seed=3, condition_seed=3)
    assert torch.equal(same_noise, noise) and not torch.equal(other, condition) and not torch.equal(other, noise)
    other_noise, same = noises(system, seed=4, condition_seed=3)
    assert torch.equal(same, other) and not torch.equal(other_noise, noise)
    recipe = system(sentence(0), seed=3, condition_seed=5)[0].recipe
    assert recipe["seed"] == 3 and recipe["settings"]["condition_seed"] == 5


@pytest.mark.parametrize("value", [-1, 1.5, True])
def test_a_seed_of_the_condition_is_a_whole_number(system, value):
    with pytest.raises(ConfigError, match=f"condition_seed={value}: a seed is a whole number"):
        system(sentence(0), condition_seed=value)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(8000), "sound: all 1.00 s are silence"),
        (0.1 * np.random.default_rng(0).normal(size=400), r"sound: 0.050 s are too short .* at least 0.15 s"),
        (0.1 * np.random.default_rng(0).normal(size=8000), r"sound: its loudness moves by 0\.\d dB.* at least 3 dB.*;"),
        (np.round(np.random.default_rng(0).normal(size=8000)) / 32768, "no speech; give a recording of somebody"),
        (0.3 * np.sin(np.arange(8000)), "its loudness moves by 0.0 dB"),
    ],
)
def test_what_says_nothing_is_refused(system, samples, message):
    with pytest.raises(SoundError, match=message) as refused:
        system(Sound(samples[None].astype(np.float32), 8000))
    assert "\n" not in str(refused.value)


def test_variety_moves_the_condition_around_its_embedding(system):
    embedding = system.hear([sentence(0)])[0]
    seen: list[torch.Tensor] = []
    hook = system.generator.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[2]))
    for variety in (0.0, 1.0, 2.0):
        system.draw(embedding[None], seeds=[3], variety=variety)
    hook.remove()
    assert not seen[0].any() and seen[1].any()
    assert torch.equal(seen[2], 2 * seen[1])
    with pytest.raises(ConfigError, match="variety=-1"):
        system.draw(embedding[None], seeds=[3], variety=-1)


def test_settings_it_cannot_honour_are_refused(system):
    for name in ("steps", "guidance", "prompt"):
        with pytest.raises(ConfigError, match=f"{name}=.*s2igan has no such setting"):
            system(sentence(0), **{name: 3})


def test_the_callback_counts_every_picture(system):
    calls: list[tuple[int, int]] = []
    system([sentence(0)], pictures_per_sound=3, callback=lambda step, steps: calls.append((step, steps)))
    assert calls == [(1, 1)] * 3


def test_saved_and_loaded_it_draws_the_same(system, tmp_path):
    system.save_pretrained(tmp_path)
    loaded = hearsight.load(tmp_path, device="cpu")
    assert isinstance(loaded, S2IGAN) and loaded.config == system.config
    assert loaded(sentence(0))[0].image.tobytes() == system(sentence(0))[0].image.tobytes()


def test_networks_of_different_widths_are_refused():
    config = replace(s2igan.debug(), generator=stacked_gan.debug(20))
    with pytest.raises(ConfigError, match=r"augmentation\.embed=20.*embeddings of 16"):
        S2IGAN(config)


def test_named_sizes_fit_together():
    for config in (s2igan.published(), s2igan.pocket()):
        assert config.generator.augmentation.embed == config.speech.embed
    assert s2igan.published().generator.sides == (64, 128, 256)
    assert s2igan.pocket().generator.sides == (32, 64, 128)
