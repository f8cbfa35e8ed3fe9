"""Networks that know colours, a tiny system, and a data folder of two classes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from hearsight.encoders.picture_classifier import PictureClassifier, PictureClassifierConfig
from hearsight.evaluation.feature_network import FeatureNetwork
from hearsight.systems import audioclip_diffusion
from hearsight.systems.audioclip_diffusion import AudioCLIPDiffusion

COLOURS = ("red", "green", "blue")
TONES = {"blue": 500.0, "red": 2000.0}


@pytest.fixture(scope="session")
def judge() -> PictureClassifier:
    """A judge that tells red, green and blue apart: its convolutions hand every colour on, its head compares them."""
    network = PictureClassifier(PictureClassifierConfig(COLOURS, size=8, width=3, stages=1, dropout=0))
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d):
                torch.nn.init.dirac_(module.weight)
        network.head[1].weight.copy_(10 * torch.eye(3))
    return network.eval()


@pytest.fixture(scope="session")
def judge_folder(judge, tmp_path_factory) -> Path:
    from hearsight.hub.network import save_network

    return save_network(tmp_path_factory.mktemp("judge"), "picture_classifier", judge)


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Path:
    """Two held-out sounds and five held-out pictures of each of two classes, and a sound to train on."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    for label, hertz in TONES.items():
        for split, count in (("held_out", 2), ("train", 1)):
            (folder / "sounds" / split / label).mkdir(parents=True)
            for number in range(count):
                samples = 0.4 * np.sin(2 * np.pi * hertz * (1 + number / 10) * np.arange(4000) / 22050)
                soundfile.write(folder / "sounds" / split / label / f"{label}{number}.wav", samples, 22050)
        (folder / "pictures" / "held_out" / label).mkdir(parents=True)
        for number in range(5):
            pixels = random.integers(0, 90, (12, 12, 3), dtype=np.uint8)
            pixels[..., COLOURS.index(label)] += 150
            Image.fromarray(pixels).save(folder / "pictures" / "held_out" / label / f"{number}.png")
    return folder


@pytest.fixture(scope="session")
def system(tmp_path_factory) -> AudioCLIPDiffusion:
    """Tiny and saved, so that its weights have a hash."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("systems") / "debug"
    AudioCLIPDiffusion(audioclip_diffusion.debug()).save_pretrained(folder)
    return AudioCLIPDiffusion.from_pretrained(folder, device="cpu")


@pytest.fixture
def network() -> Callable[..., FeatureNetwork]:
    """What features come from that were made by hand; it is only asked for its name and width."""

    def named(width: int, kind: str = "") -> FeatureNetwork:
        def unasked(_: object) -> torch.Tensor:
            raise AssertionError("features are given")

        return FeatureNetwork("by hand", "0" * 64, width, unasked, unasked, kind)

    return named
