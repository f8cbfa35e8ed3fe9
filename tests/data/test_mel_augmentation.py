from dataclasses import replace

import numpy as np
import pytest
import torch

from hearsight.data.mel_augmentation import MelAugmentation, augment, excerpt, mask

OFF = MelAugmentation(gap=0, speed=1, pitch=0, tract=0, room=0, colour=0, telephone=0, noise=0, mix_up=0, masks=0)


def spectrograms(batch: int = 3, frames: int = 64) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).uniform(-60, 0, (batch, 16, frames))).float()


def changed(sounds: torch.Tensor, seed: int = 0, **settings: float) -> torch.Tensor:
    config = replace(OFF, **settings)  # type: ignore[arg-type]
    result = augment(sounds, sounds.shape[2], config, np.random.default_rng(seed)).decibels
    return result - result.amax(dim=(1, 2), keepdim=True)


def test_switched_off_it_changes_nothing_but_the_level():
    sounds = spectrograms()
    expected = sounds - sounds.amax(dim=(1, 2), keepdim=True)
    torch.testing.assert_close(changed(sounds), expected, atol=2e-3, rtol=0)


@pytest.mark.parametrize(
    "settings",
    [{"speed": 1.2}, {"pitch": 2.0}, {"tract": 0.1}, {"room": 1.0}, {"colour": 5.0}, {"telephone": 1.0}, {"noise": 1}],
)
def test_every_part_changes_sounds_and_is_a_function_of_the_generator(settings):
    sounds = spectrograms()
    first = changed(sounds, **settings)
    torch.testing.assert_close(first, changed(sounds, **settings), atol=0, rtol=0)
    assert (first - changed(sounds)).abs().max() > 1
    assert (first - changed(sounds, seed=1, **settings)).abs().max() > 1


def test_mix_up_reports_what_it_mixed():
    sounds = torch.full((4, 16, 64), -60.0)
    for index in range(4):
        sounds[index, 4 * index] = 0.0  # each sound is one band
    mixed = augment(sounds, 64, replace(OFF, mix_up=1.0), np.random.default_rng(0))
    for index in range(4):
        own, other = float(mixed.share[index]), int(mixed.other[index])
        levels = mixed.decibels[index].mean(dim=1)
        if other != index:
            ratio = 20 * np.log10(own / (1 - own))
            assert float(levels[4 * index] - levels[4 * other]) == pytest.approx(ratio, abs=0.1)


def test_a_room_smears_energy_forwards_only():
    click = torch.full((1, 16, 64), -100.0)
    click[:, :, 20] = 0
    rung = changed(click, seed=3, room=1.0)[0, 0]
    assert rung[:20].max() < -90 < -40 < rung[21]
    assert (rung[21:50].diff() <= 1e-3).all()


@pytest.mark.parametrize("length", [1, 10, 63, 64, 65, 500])
def test_excerpts_have_the_length_asked_for_and_hold_only_the_sound(length):
    sound = np.random.default_rng(0).normal(size=(4, length)).astype(np.float16)
    for seed in range(5):
        part = excerpt(sound, 64, MelAugmentation(gap=0.5), np.random.default_rng(seed))
        assert part.shape == (4, 64)
        assert np.isin(part, sound).all()


def test_masks_overwrite_with_silence_and_leave_the_rest():
    sounds = spectrograms(frames=200)
    masked = mask(sounds.clone(), -999.0, MelAugmentation(), np.random.default_rng(0))
    silent = masked == -999.0
    assert 0 < silent.float().mean() < 0.8
    torch.testing.assert_close(masked[~silent], sounds[~silent], atol=0, rtol=0)
