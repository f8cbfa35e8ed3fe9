import json

import pytest
import torch

from hearsight.conditions.token import AudioTokenEmbedder
from hearsight.config import build, plain
from hearsight.encoders import beats
from hearsight.encoders.beats import BEATs
from hearsight.systems import audiotoken
from hearsight.systems.audiotoken_config import AudioTokenConfig


@pytest.mark.parametrize("size", [audiotoken.published, audiotoken.pocket, audiotoken.debug])
def test_config_survives_json(size) -> None:
    assert build(AudioTokenConfig, json.loads(json.dumps(plain(size())))) == size()


def test_the_named_sizes_fit_together() -> None:
    for config in (audiotoken.published(), audiotoken.pocket()):
        with torch.device("meta"):
            ear = BEATs(config.encoder)
        assert ear.width == config.embedder.features
    assert audiotoken.published().sampling.guidance == 7.5 and audiotoken.published().sampling.steps == 50
    assert audiotoken.pocket().pipeline.text_width == audiotoken.pocket().embedder.width
    with torch.device("meta"):
        words = AudioTokenEmbedder(audiotoken.pocket().embedder)
        ear = BEATs(beats.pocket())
    assert sum(weight.numel() for part in (words, ear) for weight in part.parameters()) < 2e6
