"""Our spectra beside the numbers of the reference implementations (tests/parity/spectra/NOTES.md)."""

from pathlib import Path

import numpy as np
import pytest
import torch

from hearsight.errors import ConfigError, SoundError
from hearsight.sound.spectrum import LogMel, kaldi_fbank, log_mel, power_spectrogram, stft, window_shape


@pytest.fixture(scope="module")
def cases():
    with np.load(Path(__file__).parents[1] / "parity" / "spectra" / "cases.npz") as file:
        return {name: file[name] for name in file.files}


def noise(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0)) / 10


def test_kaldi_filter_bank_of_beats(cases):
    waveform = torch.from_numpy(cases["beats.wave"]).float() / 32768
    fbank = (kaldi_fbank(waveform) - 15.41663) / (2 * 6.55582)
    assert fbank.shape == (98, 128)
    ours = fbank.flatten()[torch.from_numpy(cases["beats.fbank.index"]).long()].numpy()
    np.testing.assert_allclose(ours, cases["beats.fbank"], rtol=1e-4, atol=2e-4)


def test_power_spectrogram_of_wav2clip(cases):
    waveform = torch.from_numpy(cases["wav2clip.wave"]).float() / 32768
    spectrogram = power_spectrogram(waveform, 512, 353)
    assert spectrogram.shape == (257, 46)
    ours = spectrogram.flatten()[torch.from_numpy(cases["wav2clip.spectrogram.index"]).long()].numpy()
    np.testing.assert_allclose(ours, cases["wav2clip.spectrogram"], rtol=1e-4, atol=5e-5)


def test_log_mel_of_s2igan(cases):
    waveform = torch.from_numpy(cases["s2igan.wave"])
    mel = log_mel(waveform, LogMel(22050, 551, 220, 40, floor=1e-6, floor_mode="add"))
    mel = (mel - mel.mean(dim=-1, keepdim=True)) / mel.std(dim=-1, keepdim=True, correction=0)
    np.testing.assert_allclose(mel.T.numpy(), cases["s2igan.log_mel"], rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize(
    ("rate", "bins", "low", "window"),
    [(16000, 80, 20.0, "povey"), (8000, 40, 0.0, "povey"), (16000, 128, 20.0, "hann")],
)
def test_kaldi_filter_bank_beside_kaldis(rate, bins, low, window):
    kaldi = pytest.importorskip("kaldi_native_fbank")
    options = kaldi.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = rate
    options.frame_opts.window_type = {"hann": "hanning"}.get(window, window)
    options.mel_opts.num_bins = bins
    options.mel_opts.low_freq = low
    waveform = noise(rate)
    bank = kaldi.OnlineFbank(options)
    bank.accept_waveform(rate, (waveform * 32768).tolist())
    bank.input_finished()
    theirs = np.stack([bank.get_frame(frame) for frame in range(bank.num_frames_ready)])
    ours = kaldi_fbank(waveform, rate=rate, bins=bins, low=low, window=window).numpy()
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_sine_has_the_energy_of_its_window():
    rate, n_fft = 8000, 256
    sine = torch.cos(2 * torch.pi * 1000 * torch.arange(rate) / rate)
    energy = power_spectrogram(sine, n_fft, 64, center=False)
    assert (energy.argmax(dim=0) == 1000 * n_fft // rate).all()
    assert torch.allclose(energy[32], (window_shape("hann", n_fft).sum() / 2) ** 2, rtol=1e-4)


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_powers_are_of_the_magnitude(power):
    waveform = noise(2, 4000)
    expected = stft(waveform, 256, 100).abs() ** power
    assert torch.allclose(power_spectrogram(waveform, 256, 100, power=power), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(4000,), (3, 4000), (2, 3, 4000)])
def test_leading_axes_are_kept_and_neighbours_change_nothing(shape):
    waveform = noise(*shape)
    config = LogMel(8000, 256, 100, 40)
    for spectrum in (
        lambda x: log_mel(x, config),
        lambda x: power_spectrogram(x, 256, 100),
        lambda x: kaldi_fbank(x, rate=8000, bins=40),
    ):
        batched = spectrum(waveform)
        assert batched.shape[: len(shape) - 1] == shape[:-1]
        alone = spectrum(waveform.reshape(-1, 4000)[-1])
        assert torch.allclose(batched.reshape(-1, *alone.shape)[-1], alone, rtol=1e-5, atol=1e-5)


def test_frames_are_counted_as_documented():
    assert stft(noise(1000), 256, 100).shape == (129, 11)
    assert stft(noise(1000), 256, 100, center=False).shape == (129, 8)
    assert kaldi_fbank(noise(16000 * 5)).shape == (498, 128)
    assert kaldi_fbank(noise(400)).shape == (1, 128)


def test_units_and_floors():
    silence = torch.zeros(2000)
    assert (log_mel(silence, LogMel(8000, 256, 100, 40, unit="decibel")) == -100).all()
    assert torch.allclose(log_mel(silence, LogMel(8000, 256, 100, 40, floor=1e-6)), torch.tensor(1e-6).log())
    neper = log_mel(noise(2000), LogMel(8000, 256, 100, 40))
    decibel = log_mel(noise(2000), LogMel(8000, 256, 100, 40, unit="decibel"))
    assert torch.allclose(decibel, neper * 10 / np.log(10), atol=1e-4)
    added = log_mel(noise(2000), LogMel(8000, 256, 100, 40, floor=1e-3, floor_mode="add"))
    assert torch.allclose(added.exp(), neper.exp() + 1e-3, rtol=1e-4)


@pytest.mark.parametrize("waveform", [noise(2000), torch.zeros(2000)], ids=["noise", "silence"])
@pytest.mark.parametrize("power", [1.0, 2.0])
def test_gradients_are_finite_even_in_silence(waveform, power):
    waveform = waveform.clone().requires_grad_()
    (
        log_mel(waveform, LogMel(8000, 256, 100, 40, power=power)).sum() + kaldi_fbank(waveform, rate=8000).sum()
    ).backward()
    assert waveform.grad.isfinite().all()


def test_the_gradient_is_the_slope():
    waveform = noise(600).double().requires_grad_()
    config = LogMel(8000, 128, 64, 12)
    assert torch.autograd.gradcheck(lambda x: log_mel(x, config), (waveform,), fast_mode=True)


@pytest.mark.parametrize("shape", ["hann", "hamming", "rectangular"])
@pytest.mark.parametrize("length", [1, 7, 8, 512])
def test_window_shapes_are_torchs(shape, length):
    theirs = {"hann": torch.hann_window, "hamming": torch.hamming_window, "rectangular": torch.ones}[shape](length)
    expected = torch.zeros(1) if (shape, length) == ("hann", 1) else theirs
    if (shape, length) == ("hamming", 1):
        expected = torch.tensor([0.08])
    assert torch.allclose(window_shape(shape, length), expected, atol=1e-6)


def test_a_given_window_is_used():
    waveform = noise(2000)
    given = power_spectrogram(waveform, 256, 100, window=torch.hamming_window(200))
    named = power_spectrogram(waveform, 256, 100, window="hamming", window_length=200)
    assert torch.allclose(given, named, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("spectrum", "shortest"),
    [
        (lambda x: stft(x, 256, 100), 129),
        (lambda x: stft(x, 256, 100, pad_mode="constant"), 1),
        (lambda x: stft(x, 256, 100, center=False), 256),
        (lambda x: kaldi_fbank(x), 400),
    ],
)
def test_what_is_too_short_says_so(spectrum, shortest):
    assert spectrum(noise(shortest)).numel()
    with pytest.raises(SoundError, match="tile or pad it first"):
        spectrum(noise(shortest - 1))


def test_unknown_windows_are_refused():
    with pytest.raises(ConfigError, match="'kaiser'"):
        window_shape("kaiser", 8)
