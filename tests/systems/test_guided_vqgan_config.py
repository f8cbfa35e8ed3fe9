import pytest
import torch

from hearsight.config import build, plain
from hearsight.encoders import clip, wav2clip
from hearsight.systems import guided_vqgan_config
from hearsight.systems.guided_vqgan import Wav2CLIPVQGAN, WavBriVLVQGAN


@pytest.mark.parametrize("size", ["published", "pocket", "debug"])
@pytest.mark.parametrize("kind", [Wav2CLIPVQGAN, WavBriVLVQGAN])
def test_the_parts_of_every_size_fit_and_come_back_from_plain_values(kind, size):
    prefix = "wav2clip" if kind is Wav2CLIPVQGAN else "wavbrivl"
    config = getattr(guided_vqgan_config, f"{prefix}_{size}")()
    with torch.device("meta"):
        assert kind(config).settings()["steps"] == config.search.steps
    assert build(kind.config_class, plain(config)) == config


def test_the_published_sizes_are_the_papers():
    paper = guided_vqgan_config.wav2clip_published()
    assert (paper.ear, paper.eye) == (wav2clip.published(), clip.published())
    assert (paper.vqgan.codes, paper.search.steps, paper.search.cutouts.count) == (16384, 501, 32)
    as_written = guided_vqgan_config.wavbrivl_as_written()
    assert (as_written.eye.size, as_written.ear.embed, as_written.vqgan.codes) == (360, 2560, 1024)
