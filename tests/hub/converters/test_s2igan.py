"""Small networks of the pocket's form there and back; tests/parity reads the published files in full size."""

from pathlib import Path

import pytest
import torch
from torch import nn

from hearsight.encoders import speech
from hearsight.encoders.speech import SpeechEncoder
from hearsight.errors import ConfigError, WeightsError
from hearsight.generators import stacked_discriminator, stacked_gan
from hearsight.generators.relation_classifier import RelationClassifier, RelationConfig
from hearsight.generators.stacked_discriminator import Discriminator
from hearsight.generators.stacked_gan import StackedGenerator
from hearsight.hub.converters.s2igan import read_network, write_network

MADE = {
    "best_audio_model": lambda: SpeechEncoder(speech.debug()),
    "best_image_model": lambda: nn.Linear(4, 3),
    "netG": lambda: StackedGenerator(stacked_gan.debug()),
    "netD2": lambda: Discriminator(stacked_discriminator.debug(), 32, 4),
    "netMD": lambda: RelationClassifier(RelationConfig(embed=4, width=3)),
}
NAMES = {
    "best_audio_model": "module.att.att_heads.0.hidden.weight",
    "best_image_model": "module.L1.bias",
    "netG": "module.h_net3.residual.0.block.3.weight",
    "netD2": "module.uncond_logits.0.bias",
    "netMD": "module.b1.running_var",
}


@pytest.mark.parametrize("kind", MADE)
def test_there_and_back(kind: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, file = MADE[kind](), tmp_path / f"{kind}.pth"
    write_network(network, file)
    assert NAMES[kind] in torch.load(file, weights_only=True)
    with torch.device("meta"):
        empty = MADE[kind]()
    read = read_network(empty, file)
    assert all(torch.equal(value, read.state_dict()[name]) for name, value in network.state_dict().items())


def test_a_network_without_a_published_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Conv2d: has no published S2IGAN file"):
        write_network(nn.Conv2d(1, 1, 1), tmp_path / "none.pth")


def test_another_size_is_refused(tmp_path: Path) -> None:
    write_network(nn.Linear(4, 3), tmp_path / "small.pth")
    with pytest.raises(WeightsError, match=r"misshaped \(1\): weight is \[3, 4\] instead of \[3, 5\]"):
        read_network(nn.Linear(5, 3), tmp_path / "small.pth")
