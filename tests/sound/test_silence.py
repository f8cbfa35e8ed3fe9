import numpy as np

from hearsight.sound.silence import silent


def test_the_threshold_is_on_the_scale_of_16_bit_recordings():
    samples = np.zeros(100, dtype=np.float32)
    samples[50] = -449 / 32768
    assert silent(samples)
    samples[50] = -450 / 32768
    assert not silent(samples)
    assert silent(samples, threshold=451)
    assert silent(np.zeros(0, dtype=np.float32)) and not silent(np.zeros(3, dtype=np.float32), threshold=0)
