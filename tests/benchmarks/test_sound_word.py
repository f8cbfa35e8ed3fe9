import numpy as np

from benchmarks import sound_word
from hearsight.sound.sound import Sound
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken


def test_contenders_take_as_many_steps():
    system = AudioToken(audiotoken.debug())
    calls: list[int] = []
    system.diffusion.pipeline.unet.register_forward_pre_hook(lambda module, inputs: calls.append(len(inputs[0])))
    sound = Sound(np.random.default_rng(0).uniform(-0.5, 0.5, (1, 16000)).astype(np.float32), 16000)
    sound_word.from_sound(system, sound, 3)
    ours, calls[:] = list(calls), []
    sound_word.from_words(system, 3)
    assert ours == calls == [2, 2, 2]  # both halves of the guidance in one evaluation
