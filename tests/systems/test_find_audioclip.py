from pathlib import Path

import pytest
import torch

from hearsight.encoders import audioclip
from hearsight.encoders.audioclip import AudioCLIP
from hearsight.errors import ConfigError
from hearsight.hub.network import save_network
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken import AudioToken
from hearsight.systems.find_audioclip import find_audioclip


def test_that_of_a_system_that_ships():
    found = find_audioclip("audioclip-diffusion", None, "cpu")
    assert isinstance(found, AudioCLIP) and not found.training


def test_one_in_a_folder_of_its_own(tmp_path):
    network = AudioCLIP(audioclip.debug())
    save_network(tmp_path, "audioclip", network)
    found = find_audioclip(str(tmp_path), None, "cpu")
    assert torch.equal(found.scale_audio_text, network.scale_audio_text)
    assert found.config == network.config


def test_a_published_file_needs_a_vocabulary(tmp_path):
    file = Path(tmp_path / "AudioCLIP-Full-Training.pt")
    with pytest.raises(ConfigError, match=r"Full-Training\.pt.*--vocabulary FOLDER"):
        find_audioclip(str(file), None, "cpu")


def test_a_system_without_an_audioclip_says_so(tmp_path):
    AudioToken(audiotoken.debug()).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="audiotoken has no AudioCLIP"):
        find_audioclip(str(tmp_path), None, "cpu")
