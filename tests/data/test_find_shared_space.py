from pathlib import Path

import pytest
import torch

from hearsight.data.find_shared_space import find_shared_space
from hearsight.encoders import audioclip, brivl_image, clip, speech_embedding, wav2clip, wavbrivl
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.encoders.brivl_image import BriVLImage
from hearsight.encoders.clip import CLIP
from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.encoders.speech_embedding import SpeechEmbedding
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.encoders.wavbrivl import WavBriVL
from hearsight.errors import ConfigError, WeightsError
from hearsight.hub.network import save_network
from hearsight.systems import guided_vqgan_config
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion
from hearsight.systems.audioclip_diffusion import debug as diffusion_debug
from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN

NETWORKS = {
    "audioclip": lambda: AudioCLIP(audioclip.debug()),
    "clip": lambda: CLIP(clip.debug()),
    "wav2clip": lambda: Wav2CLIP(wav2clip.debug()),
    "wavbrivl": lambda: WavBriVL(wavbrivl.debug()),
    "brivl_image": lambda: BriVLImage(brivl_image.debug()),
    "speech_embedding": lambda: SpeechEmbedding(speech_embedding.debug()),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("networks")
    for name, make in NETWORKS.items():
        save_network(folder / name, name, make())
    return folder


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["audioclip"], ("sound", "picture", "text")),
        (["clip"], ("picture", "text")),
        (["wav2clip", "clip"], ("sound", "picture", "text")),
        (["wavbrivl", "brivl_image"], ("sound", "picture")),
        (["speech_embedding"], ("sound", "picture")),
    ],
)
def test_trained_networks_alone_and_together(folders, names, kinds):
    space = find_shared_space([str(folders / name) for name in names])
    assert space.kinds == kinds
    for kind in kinds:
        network = space.network(kind)
        assert not network.training
        assert not any(parameter.requires_grad for parameter in network.parameters())


def test_the_networks_of_a_system(tmp_path):
    AudioCLIPDiffusion(diffusion_debug()).save_pretrained(tmp_path / "diffusion")
    Wav2CLIPVQGAN(guided_vqgan_config.wav2clip_debug()).save_pretrained(tmp_path / "search")
    for name in ("diffusion", "search"):
        assert find_shared_space([str(tmp_path / name)]).kinds == ("sound", "picture", "text")


def test_what_ships_is_found_by_its_name():
    space = find_shared_space(["audioclip-diffusion"])
    texts = space.embed("text", ["rain", "violin"])
    assert texts.shape == (2, 256)


def test_what_shares_no_space(tmp_path):
    judge = save_network(tmp_path / "judge", "picture_classifier", PictureClassifier(PictureClassifierConfig(("a",))))
    with pytest.raises(ConfigError, match="a picture_classifier shares no space"):
        find_shared_space([str(judge)])
    with pytest.raises(ConfigError, match="nonsense: neither a system"):
        find_shared_space(["nonsense"])
    with pytest.raises(WeightsError, match="no CLIP that can be read"):
        find_shared_space([str(tmp_path)])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"audio.conv1.weight": 0, "visual.conv1.weight": 0}, "scale_audio_text"),
        ({"audio_encoder.conv1.weight": 0}, "project.0.bias"),
        ({"visual.conv1.weight": 0}, r"missing .* scale"),
        ({"learnable": {"imgencoder.x": torch.zeros(1)}}, "backbone"),
    ],
)
def test_published_files_are_told_apart_by_their_tensors(tmp_path, content, complaint):
    """Each reader is strict, so a file of one tensor shows by what is missed who has read it."""
    content = {name: value or torch.zeros(1) for name, value in content.items()}
    torch.save(content, tmp_path / "model.pt")
    with pytest.raises(WeightsError, match=complaint):
        find_shared_space([str(tmp_path / "model.pt")])


def test_files_of_nothing_known(tmp_path):
    torch.save({"weight": torch.zeros(1)}, tmp_path / "model.pt")
    with pytest.raises(ConfigError, match="no network that is known here"):
        find_shared_space([str(tmp_path / "model.pt")])
    with pytest.raises(WeightsError, match="there is no such file"):
        find_shared_space([str(tmp_path / "gone.pt")])
