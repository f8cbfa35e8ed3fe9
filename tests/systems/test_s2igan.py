from dataclasses import replace

import numpy as np
import pytest
import torch

import hearsight
from hearsight.errors import ConfigError
from hearsight.generators import stacked_gan
from hearsight.sound.sound import Sound
from hearsight.systems import s2igan
from hearsight.systems.s2igan import S2IGAN


def sentence(seed: int, seconds: float = 1.0) -> Sound:
    samples = np.random.default_rng(seed).normal(0, 0.1, (1, round(8000 * seconds)))
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
