import torch

from benchmarks import sentence
from hearsight.systems.s2igan import S2IGAN, debug


def test_the_sentence_is_speech_that_the_system_draws():
    torch.manual_seed(0)
    sound = sentence.sentence()
    assert sound.seconds == sentence.SECONDS and sound.channels == 1
    assert S2IGAN(debug())(sound)[0].image.size == (32, 32)
