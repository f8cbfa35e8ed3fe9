"""How far a sound's loudness rises and falls: it tells what may be speech from what certainly is none.

A sentence is loud in its vowels and all but silent between its words, as people feel a tenth of a second and
telephones let it through. Measured: sentences of espeak-ng, in nine languages and whispered too, move by 24 dB and
more, by 8 where four voices talk at once; digits said by people, one after the other without a pause, by 17, a single
one that is cut tightly by 5; white noise, hum and the hiss of an empty recording by less than 2. The other way round
nothing can be said: what barks, crows or ticks rises and falls as far as what speaks.
"""

import torch
from torch.nn import functional

from hearsight.sound.sound import Sound
from hearsight.sound.spectrum import LogMel, log_mel

TELEPHONE = LogMel(rate=8000, n_fft=200, hop=80, bins=16, low=300.0, high=3400.0, pad_mode="constant")
"""What telephones let through, which is enough to understand what is said; deep rumble does not count. A frame every
10 ms."""
MOMENT = 10
"""Frames of a moment, whose mean energy is its loudness."""
QUIET = 0.1
"""Share of a sound's moments that are softer than what counts as its softest."""


def loudness_range(sound: Sound) -> float:
    """Decibels from the softest tenth of its moments up to the loudest; 0 for a sound too short to have several."""
    samples = torch.from_numpy(sound.mono().resample(TELEPHONE.rate).samples[0])
    energy = log_mel(samples, TELEPHONE).exp().sum(dim=0)[None]
    loudness = 10 * functional.avg_pool1d(energy, min(MOMENT, energy.shape[1]), stride=1)[0].log10()
    return float(loudness.max() - loudness.quantile(QUIET))
