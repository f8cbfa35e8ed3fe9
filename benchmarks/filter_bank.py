"""Clips per second through Kaldi's filter bank, which is how BEATs hears."""

from collections.abc import Callable

import kaldi_native_fbank as kaldi
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from benchmarks.comparison import Comparison
from benchmarks.race import Contender, race
from benchmarks.setting import Setting
from hearsight.sound.spectrum import kaldi_fbank

RATE = 16000
BANDS = 128
CLIPS = 8
"""AudioToken's batch."""


def measure(setting: Setting) -> list[Comparison]:
    """A batch at once, beside the same clips one by one, as published BEATs takes them: with ours and with Kaldi's."""
    seconds = 0.5 if setting.debug else 10.0
    waveform = torch.rand(CLIPS, round(seconds * RATE), generator=torch.Generator().manual_seed(0)) - 0.5
    rows = race(
        [
            Contender("hearsight: kaldi_fbank, batched", _quiet(kaldi_fbank, waveform), f"{CLIPS} at once", CLIPS),
            Contender("hearsight: kaldi_fbank, clip by clip", _quiet(one_by_one, waveform), "fp32", CLIPS),
            Contender("kaldi_native_fbank, clip by clip", lambda: kaldi_one_by_one(waveform), "C++, fp32", CLIPS),
        ],
        setting,
    )
    return [Comparison(f"Filter bank of BEATs: {CLIPS} clips of {seconds:g} s, {BANDS} bands", "clip", rows)]


def one_by_one(waveform: Float[Tensor, "clip time"]) -> Float[Tensor, "clip frame band"]:
    """Our own filter bank in a loop over clips."""
    return torch.stack([kaldi_fbank(clip) for clip in waveform])


def kaldi_one_by_one(waveform: Float[Tensor, "clip time"]) -> Float[Tensor, "clip frame band"]:
    """Kaldi's in the same loop. It takes lists, and gives one frame at a time."""
    options = kaldi.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = RATE
    options.mel_opts.num_bins = BANDS
    banks = []
    for clip in waveform * 32768:
        bank = kaldi.OnlineFbank(options)
        bank.accept_waveform(RATE, clip.tolist())
        bank.input_finished()
        banks.append(np.stack([bank.get_frame(frame) for frame in range(bank.num_frames_ready)]))
    return torch.from_numpy(np.stack(banks))


def _quiet(run: Callable[[Tensor], Tensor], waveform: Float[Tensor, "clip time"]) -> Callable[[], Tensor]:
    """`run` of the clips, without gradients."""

    def wrapped() -> Tensor:
        with torch.inference_mode():
            return run(waveform)

    return wrapped
