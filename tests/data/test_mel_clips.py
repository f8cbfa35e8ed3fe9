import numpy as np
import torch

from hearsight.data.mel_augmentation import MelAugmentation
from hearsight.data.mel_clips import MelClips, RandomLevel, RelativeLevel
from hearsight.data.spectrograms import Spectrograms

STEADY = MelAugmentation(pitch=0, tract=0, colour=0, telephone=0, noise=0, mix_up=0, masks=0)


def test_clips_are_relative_spectrograms_of_their_class() -> None:
    """Sounds of two classes, one loud in its low bands, the other in its high ones."""
    random = np.random.default_rng(0)
    sounds = [random.normal(-60, 1, (32, length)).astype(np.float16) for length in (40, 90)]
    sounds[0][:8], sounds[1][-8:] = -10, -10
    chances = tuple((np.array([number]), np.ones(1)) for number in range(2))
    clips = MelClips(Spectrograms(tuple(sounds), np.arange(2), ("a", "b"), chances), 50, RelativeLevel(80.0), STEADY)
    classes = np.array([0, 1, 1])
    heard, again = (clips.heard(classes, np.random.default_rng(1)) for _ in range(2))
    assert all(torch.equal(heard[key], again[key]) for key in heard)
    spectrogram = heard["spectrogram"]
    assert spectrogram.shape == (3, 32, 50) and spectrogram.min() >= -2 and spectrogram.max() <= 2
    high = spectrogram[:, 16:].mean(dim=(1, 2)) > spectrogram[:, :16].mean(dim=(1, 2))
    assert high.tolist() == [False, True, True] and heard["share"].tolist() == [1, 1, 1]


def test_loudness_is_left_to_chance_or_to_nothing() -> None:
    decibels = torch.linspace(-90, 0, 2 * 8 * 10).view(2, 8, 10)
    random = np.random.default_rng(0)
    assert torch.equal(RelativeLevel(80.0)(decibels, random), RelativeLevel(80.0)(decibels + 7, random))
    level = RandomLevel(mean=15.0, deviation=6.0, loudest=(60.0, 90.0))
    loudest = torch.stack([level(decibels, np.random.default_rng(seed)).amax(dim=(1, 2)) for seed in range(50)])
    as_decibels = (loudest * 12 + 15) / np.log(10) * 10
    assert 60 <= as_decibels.min() < 65 and 85 < as_decibels.max() <= 90
    assert level(decibels - 1000 * (decibels < -40), random).min() == torch.tensor(level.silence)
