import numpy as np
import pytest
import soundfile
import torch

from hearsight.data import pairs
from hearsight.data.pairs import Item
from hearsight.data.spectrograms import load_spectrograms
from hearsight.sound.spectrum import FilterBank, LogMel, kaldi_fbank

SETTINGS = LogMel(8000, 256, 80, 20, pad_mode="constant", unit="decibel")


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    items = []
    for name, label, source, seconds in (
        ("a", "dog", "many", 0.5), ("b", "dog", "many", 0.3), ("c", "dog", "many", 0.2), ("d", "dog", "many", 0.1),
        ("e", "dog", "few", 0.4), ("f", "cat", "few", 0.25),
    ):  # fmt: skip
        soundfile.write(tmp_path / f"{name}.wav", random.normal(0, 0.1, round(8000 * seconds)), 8000)
        items.append(Item(f"{name}.wav", "sound", label, source=source))
    pairs.write_manifest(tmp_path, items)
    return tmp_path


def test_every_sound_keeps_its_length_and_the_cache_holds_the_same(folder):
    first = load_spectrograms(folder, "train", SETTINGS)
    assert [sound.shape for sound in first.decibels] == [(20, 1 + frames) for frames in (50, 30, 20, 10, 40, 25)]
    assert first.labels == ("cat", "dog") and first.classes.tolist() == [1, 1, 1, 1, 1, 0]
    assert len(list((folder / ".cache").iterdir())) == 1
    for fresh, cached in zip(first.decibels, load_spectrograms(folder, "train", SETTINGS).decibels, strict=True):
        np.testing.assert_array_equal(fresh, cached)


def test_few_sounds_of_one_source_count_beside_many_of_another(folder):
    sounds = load_spectrograms(folder, "train", SETTINGS)
    members, chances = sounds.chances[1]
    assert members.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(chances, [1 / 6] * 4 + [2 / 6])
    random = np.random.default_rng(0)
    assert all(sounds.draw(0, random).shape[1] == 26 for _ in range(5))


def test_changed_settings_are_not_served_from_the_cache(folder):
    load_spectrograms(folder, "train", SETTINGS)
    other = LogMel(8000, 256, 160, 20, pad_mode="constant", unit="decibel")
    assert load_spectrograms(folder, "train", other).decibels[0].shape == (20, 26)


def test_a_filter_bank_is_kept_in_decibels(folder):
    bank = FilterBank(rate=8000, bands=20)
    first = load_spectrograms(folder, "train", bank).decibels[0]
    assert first.shape == (20, 1 + (4000 - 200) // 80)
    samples = torch.from_numpy(soundfile.read(folder / "a.wav", dtype="float32")[0])
    np.testing.assert_allclose(first, 10 * np.log10(kaldi_fbank(samples, rate=8000, bins=20).exp().mT), atol=0.06)
