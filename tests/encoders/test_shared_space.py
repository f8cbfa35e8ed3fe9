import dataclasses

import pytest
import torch
from PIL import Image

from hearsight.encoders import audioclip, brivl_image, clip, speech_embedding, wav2clip, wavbrivl
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.shared_space import SharedSpace
from hearsight.encoders.speech_embedding import SpeechEmbedding
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.errors import ConfigError
from hearsight.sound.sound import Sound


@pytest.fixture(scope="module")
def three() -> AudioCLIP:
    torch.manual_seed(0)
    return AudioCLIP(audioclip.debug()).eval()


def test_an_audioclip_does_all_three(three):
    space = SharedSpace.of(three)
    assert space.kinds == ("sound", "picture", "text")
    sound = Sound(torch.randn(1, 4000).clamp(-1, 1).numpy(), 8000)
    things = {"sound": sound, "picture": Image.new("RGB", (40, 30), "red"), "text": "a dog"}
    for kind, thing in things.items():
        assert space.embed(kind, [thing]).norm(dim=-1).item() == pytest.approx(1, abs=1e-5)
        assert space.network(kind) is three
    assert torch.equal(space.embed("text", ["a dog"]), three.read(["a dog"]))


def test_an_ear_and_an_eye_join():
    ear, eye = Wav2CLIP(wav2clip.debug()).eval(), CLIP(clip.debug()).eval()
    space = SharedSpace.of(ear, eye)
    assert (space.ear, space.eye, space.reader) == (ear, eye, eye)
    assert SharedSpace.of(eye, ear).kinds == ("sound", "picture", "text")


def test_what_cannot_read_shares_sounds_and_pictures():
    brivl = SharedSpace.of(WavBriVL(wavbrivl.debug()).eval(), BriVLImage(brivl_image.debug()).eval())
    both = SpeechEmbedding(speech_embedding.debug()).eval()
    for space in (brivl, SharedSpace.of(both.speech, both.picture)):
        assert space.kinds == ("sound", "picture")
        with pytest.raises(ConfigError, match=r"text: cannot be embedded, only sounds and pictures can"):
            space.embed("text", ["a dog"])


def test_a_network_without_vocabulary_does_not_read_yet(three):
    space = SharedSpace.of(CLIP(dataclasses.replace(clip.debug(), text=_speaks_clip())).eval())
    assert space.kinds == ("picture",)


def _speaks_clip():
    return dataclasses.replace(clip.debug().text, tokenizer="clip")


def test_two_that_do_the_same_are_one_too_many(three):
    with pytest.raises(ConfigError, match="AudioCLIP and Wav2CLIP: both embed a sound"):
        SharedSpace.of(three, Wav2CLIP(wav2clip.debug()).eval())


def test_other_widths_share_no_space():
    ear = Wav2CLIP(dataclasses.replace(wav2clip.debug(), embed=8)).eval()
    with pytest.raises(ConfigError, match="8 for a sound, 16 for a picture, 16 for a text: these share no space"):
        SharedSpace.of(ear, CLIP(clip.debug()).eval())


def test_nothing_embeds_nothing():
    with pytest.raises(ConfigError, match="sound: cannot be embedded, only nothing can"):
        SharedSpace.of().embed("sound", [])
