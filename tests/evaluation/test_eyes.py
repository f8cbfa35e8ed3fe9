from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from hearsight.data import things
from hearsight.encoders import audioclip, clip, wav2clip
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.encoders.clip import CLIP
from hearsight.encoders.inception import Inception, fid
from hearsight.encoders.wav2clip import Wav2CLIP
from hearsight.errors import DataError, SoundError
from hearsight.evaluation import eyes
from hearsight.evaluation.feature_network import file_sha256
from hearsight.hub.converters.inception import write_inception
from hearsight.pixels import to_pixels


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (350, 330, 3), dtype=np.uint8)).save(path)
    return path


def test_inception_of_a_published_file_by_either_protocol(picture, tmp_path) -> None:
    torch.manual_seed(0)
    network = Inception(fid()).eval()
    file = tmp_path / "pt_inception.pth"
    write_inception(network, file)
    old, clean = (eyes.inception(file, resize) for resize in ("pytorch-fid", "clean-fid"))
    assert old.name == "Inception-v3 (TensorFlow 2015-12-05, as pytorch-fid), resized as pytorch-fid"
    assert old.named("FID") == "FID" and old.width == 2048 and old.classes == 1008
    assert old.weights_sha256 == file_sha256(file) == clean.weights_sha256 and old.key != clean.key
    with torch.inference_mode():
        features = old.encode([old.read(picture)])
        pixels = to_pixels(Image.open(picture))[None]
        assert torch.equal(features, network(pixels))
        shares = torch.from_numpy(old.classify(features.numpy()))
        assert torch.allclose(shares, network.probabilities(pixels), atol=1e-6)
    assert not torch.allclose(old.read(picture), clean.read(picture), atol=0.05)


def test_the_shipped_judge_is_the_pockets_and_agrees_with_itself(picture, judge_folder) -> None:
    shipped, own = eyes.judge(), eyes.judge(judge_folder)
    assert shipped.named("FID") == "pocket FID" and own.named("FID") == "own FID"
    assert len(shipped.labels) == shipped.classes == 30 and own.labels == ("red", "green", "blue")


def test_a_judges_probabilities_of_features_are_its_own(picture, judge, judge_folder) -> None:
    eye = eyes.judge(judge_folder)
    with torch.inference_mode():
        found = eye.classify(eye.encode([eye.read(picture)]).numpy())
    pixels = torch.from_numpy(np.array(Image.open(picture))).permute(2, 0, 1)[None]
    assert found == pytest.approx(judge.probabilities(pixels).numpy(), abs=1e-6)


def test_eyes_of_clip_and_audioclip_are_not_normalised_and_agree_with_what_they_see(picture) -> None:
    torch.manual_seed(0)
    for network in (CLIP(clip.debug()).eval(), AudioCLIP(audioclip.debug()).eval()):
        eye = eyes.eye(network, "debug")
        with torch.inference_mode():
            features = eye.encode([eye.read(picture)])
        assert features.shape == (1, eye.width)
        assert torch.allclose(features / features.norm(), network.see([Image.open(picture)]), atol=1e-6)
        assert abs(features.norm() - 1) > 1e-3


def test_an_ear_hears_files(data) -> None:
    torch.manual_seed(0)
    network = Wav2CLIP(wav2clip.debug()).eval()
    ear = eyes.ear(network, "debug", "Wav2CLIP")
    sound = ear.read(data / "sounds" / "held_out" / "red" / "red0.wav")
    assert torch.equal(ear.encode([sound]), network.hear([sound])) and ear.width == 16
    assert ear.named("AIS") == "Wav2CLIP AIS"


def test_what_cannot_be_opened_is_named(tmp_path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(DataError, match=r"text\.png: not a picture"):
        things.picture(tmp_path / "text.png")
    with pytest.raises(SoundError):
        eyes.open_sound(tmp_path / "gone.wav")
