"""Each augmentation does what it says, to each clip differently, and the same for the same seed."""

import pytest
import torch

from hearsight.sound import augment

RATE = 8000


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(batch=6, time=4000):
    return torch.randn(batch, time, generator=generator(99)) / 10


def loudness(waveform):
    return waveform.square().mean(dim=1).sqrt()


WAVEFORM = {
    "gain": augment.gain,
    "shift": augment.shift,
    "flip_polarity": augment.flip_polarity,
    "speed": augment.speed,
    "room": lambda waveform, generator: augment.room(waveform, generator, RATE, (0.05, 0.2), (0.2, 0.6)),
    "add_noise": augment.add_noise,
}


@pytest.mark.parametrize("name", WAVEFORM)
def test_augmentations_are_pure_and_seeded(name):
    waveform = noise()
    before = waveform.clone()
    once, again, other = (WAVEFORM[name](waveform, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(waveform, before)
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert once.shape == waveform.shape
    assert once.dtype == waveform.dtype
    assert once.isfinite().all()


@pytest.mark.parametrize("name", WAVEFORM)
@pytest.mark.parametrize("time", [1, 2, 97])
def test_short_and_silent_clips_are_no_trouble(name, time):
    assert WAVEFORM[name](torch.zeros(3, time), generator()).abs().max() == 0
    assert WAVEFORM[name](torch.full((3, time), 0.5), generator()).isfinite().all()


def test_gain_changes_the_level_within_bounds():
    decibels = 20 * (loudness(augment.gain(noise(64), generator(), (-9.0, 3.0))) / loudness(noise(64))).log10()
    assert (decibels >= -9.01).all()
    assert (decibels <= 3.01).all()
    assert decibels.std() > 1


def test_shift_rolls_each_clip_by_its_own_offset():
    ramp = torch.arange(100.0).repeat(8, 1)
    shifted = augment.shift(ramp, generator())
    offsets = shifted.argmin(dim=1).tolist()
    assert len(set(offsets)) > 4
    for clip, offset in zip(shifted, offsets, strict=True):
        assert torch.equal(clip, ramp[0].roll(offset))
    assert (augment.shift(ramp, generator(), share=0.1).argmin(dim=1) < 10).all()


def test_polarity_flips_about_half():
    signs = augment.flip_polarity(torch.ones(200, 1), generator())[:, 0]
    assert set(signs.tolist()) == {-1.0, 1.0}
    assert abs(signs.mean()) < 0.3


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.25, 2.0])
def test_speed_moves_the_pitch(factor):
    tone = torch.sin(2 * torch.pi * 500 * torch.arange(RATE) / RATE)[None]
    played = augment.speed(tone, generator(), (factor, factor))
    heard = torch.fft.rfft(played).abs()[0].argmax() * RATE / played.shape[1]
    assert abs(heard - 500 * factor) <= 2
    assert torch.allclose(played.abs().max(), torch.tensor(1.0), atol=0.02)


def test_a_faster_clip_starts_again():
    click = torch.zeros(1, 1000)
    click[0, 100] = 1
    played = augment.speed(click, generator(), (2.0, 2.0))[0]
    assert sorted(played.topk(2).indices.tolist()) == [50, 550]


def test_a_room_adds_a_tail_that_decays():
    click = torch.zeros(4, RATE)
    click[:, 100] = 1
    heard = augment.room(click, generator(), RATE, (0.4, 0.4), (0.5, 0.5))
    assert (heard[:, :100].abs() < 1e-5).all()  # nothing before the click
    assert torch.allclose(loudness(heard), loudness(click), rtol=1e-4)
    early, late = (heard[:, begin : begin + 400].square().sum(dim=1) for begin in (200, 1800))
    decibels = 10 * (early / late).log10()
    assert ((decibels - 30).abs() < 4).all()  # 60 dB in 0.4 s are 30 dB in the 0.2 s between them
    assert not torch.allclose(heard[0], heard[1])


def test_a_dry_room_changes_nothing():
    assert torch.allclose(augment.room(noise(), generator(), RATE, wetness=(0.0, 0.0)), noise(), atol=1e-6)


@pytest.mark.parametrize(("exponent", "slope"), [(0.0, 0.0), (1.0, -3.01), (2.0, -6.02)])
def test_noise_has_its_colour(exponent, slope):
    made = augment.coloured_noise(16, 16384, generator(), (exponent, exponent))
    assert torch.allclose(loudness(made), torch.ones(16), atol=1e-5)
    power = torch.fft.rfft(made).abs().square().mean(dim=0)
    octave, next_octave = power[512:1024].mean(), power[1024:2048].mean()
    assert abs(10 * (next_octave / octave).log10() - slope) < 0.3


def test_added_noise_lies_as_far_below_as_asked():
    waveform = augment.gain(noise(16), generator())
    added = augment.add_noise(waveform, generator(3), (20.0, 20.0)) - waveform
    assert torch.allclose(20 * (loudness(waveform) / loudness(added)).log10(), torch.tensor(20.0), atol=0.01)


def test_mix_up_keeps_the_greater_share():
    partners, weight = augment.mix_up(500, generator())
    assert sorted(partners.tolist()) == list(range(500))
    assert (weight >= 0.5).all()
    assert (weight <= 1).all()
    # Beta(a, a) has the variance 1 / (4 (2a + 1)), here 0.15625, about 1/2; taking the greater side leaves it.
    assert abs((weight - 0.5).square().mean() - 0.15625) < 0.02


def test_blend_mixes_waveforms_and_labels_alike():
    partners, weight = torch.tensor([1, 0]), torch.tensor([0.75, 1.0])
    labels = augment.blend(torch.eye(2), partners, weight)
    assert labels.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    pictures = torch.arange(2.0).reshape(2, 1, 1, 1).expand(2, 3, 4, 4)
    assert (augment.blend(pictures, partners, weight)[0] == 0.25).all()


def test_masks_are_bands_of_the_mean():
    spectrogram = torch.randn(8, 40, 100, generator=generator(5))
    masked = augment.mask_spectrogram(spectrogram, generator(), frames=0.2, bins=0.1, masks=1)
    hidden = masked != spectrogram
    rows, columns = hidden.all(dim=2), hidden.all(dim=1)
    assert torch.equal(hidden, rows[:, :, None] | columns[:, None, :])
    assert rows.sum(dim=1).max() <= 4
    assert columns.sum(dim=1).max() <= 20
    assert hidden.any()
    for clip in range(8):
        assert rows[clip].int().diff().abs().sum() <= 2  # one stretch
        assert torch.allclose(masked[clip][hidden[clip]], spectrogram[clip].mean())


def test_masks_of_nothing_hide_nothing():
    spectrogram = torch.randn(2, 40, 100, generator=generator(5))
    assert torch.equal(augment.mask_spectrogram(spectrogram, generator(), frames=0.0, bins=0.0), spectrogram)
