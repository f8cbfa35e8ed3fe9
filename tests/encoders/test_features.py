import numpy as np
import pytest

from hearsight.encoders import beats, xvector
from hearsight.encoders.features import FeatureEncoder
from hearsight.sound.sound import Sound


@pytest.mark.parametrize("encoder", [beats.BEATs(beats.debug()).eval(), xvector.XVector(xvector.debug()).eval()])
def test_every_ear_can_be_asked_the_same(encoder: FeatureEncoder) -> None:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 30000)).astype(np.float32)
    tokens = encoder.hear([Sound(samples, 22050), Sound(samples[:, :3000], 22050)])
    assert tokens.shape[0] == 2 and tokens.shape[2] == encoder.width
    assert encoder.hear([]).shape == (0, *tokens.shape[1:])
    assert not tokens.requires_grad
