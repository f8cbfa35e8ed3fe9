import torch

from hearsight.encoders import clip, wav2clip
from hearsight.encoders.clip import CLIP
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.evaluation.instruments import Instruments
from hearsight.hub.network import save_network


def test_without_files_everything_is_the_pockets() -> None:
    tools = Instruments(device="cpu")
    assert tools.inception_eye is tools.judge and tools.judge.kind == "pocket"
    assert tools.clip_eye.kind == tools.ear.kind == "pocket"
    assert tools.clip_eye.width == tools.ear.width == 256
    assert tools.ear.name == "AudioCLIP of the pocket edition" and tools.reader() == tools.ear.name


def test_networks_of_another_form_than_the_published_are_never_named_like_it(tmp_path) -> None:
    torch.manual_seed(0)
    sees = save_network(tmp_path / "eye", "clip", CLIP(clip.debug()))
    hears = save_network(tmp_path / "ear", "wav2clip", Wav2CLIP(wav2clip.debug()))
    tools = Instruments(encoders=(str(sees), str(hears)), device="cpu")
    assert (tools.clip_eye.named("IIS"), tools.ear.named("AIS")) == ("CLIP IIS", "Wav2CLIP AIS")
    assert tools.ear.name == "Wav2CLIP of eye, ear"


def test_the_published_form_goes_without_a_word() -> None:
    tools = Instruments(encoders=("CLIP",))
    with torch.device("meta"):
        towers = CLIP(clip.published())
    tools.__dict__["space"] = type("Space", (), {"network": lambda self, kind: towers})()
    assert tools._kind("picture", clip.published()) == ""
