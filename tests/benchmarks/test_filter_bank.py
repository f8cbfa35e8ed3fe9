import torch

from benchmarks import filter_bank
from hearsight.sound.spectrum import kaldi_fbank


def test_contenders_do_the_same_work():
    waveform = torch.rand(3, 8000, generator=torch.Generator().manual_seed(0)) - 0.5
    batched = kaldi_fbank(waveform)
    assert batched.shape == (3, 48, filter_bank.BANDS)
    torch.testing.assert_close(filter_bank.one_by_one(waveform), batched, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(filter_bank.kaldi_one_by_one(waveform), batched, atol=2.5e-3, rtol=0)
