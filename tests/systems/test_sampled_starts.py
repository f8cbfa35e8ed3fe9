"""A search through VQGAN's codes that begins with pictures sampled from a transformer."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import hearsight
from hearsight.conditions.likeness import Target, unlikeness
from hearsight.errors import ConfigError
from hearsight.generators import code_transformer
from hearsight.samplers.codes import sample_codes
from hearsight.samplers.cutouts import cutouts, whole
from hearsight.seeds import generator
from hearsight.systems import guided_vqgan_config
from hearsight.systems.guided_vqgan import GuidedVQGAN, Wav2CLIPVQGAN
from hearsight.systems.sampled_starts import REMEMBERED, SampledStarts, Samples
from tests.systems.sounding import contents, tones

SOUNDS = tones()


@pytest.fixture(scope="module")
def sampling() -> GuidedVQGAN:
    """A system with a transformer, whose search begins with what it samples."""
    torch.manual_seed(0)
    config = guided_vqgan_config.wav2clip_debug()
    canvas = replace(config.canvas, start="sampled")
    system = Wav2CLIPVQGAN(replace(config, transformer=code_transformer.debug(), canvas=canvas))
    torch.nn.init.normal_(system.vqgan.codebook)  # codes far apart: new ones make all pictures grey
    return system


def test_a_search_begins_with_the_best_of_what_is_sampled(sampling):
    """What the eye, shown whole pictures, finds most like the sound; without steps it is given back."""
    still = {"steps": 0, "samples": 70}
    condition = sampling.hear(SOUNDS[:1])
    found = sampling.search(condition, seeds=[3], **still)
    codes = sample_codes(sampling.components["transformer"], [generator(3, "sample", number) for number in range(70)])
    with torch.no_grad():
        pictures = sampling.vqgan.draw(sampling.vqgan.lookup(codes))
        seen = torch.cat([sampling._look(cutouts(one, whole(32))) for one in pictures])
    losses = [float(unlikeness(one[None], [Target(condition[0])])) for one in seen]
    best = int(np.argmin(losses))
    assert len({round(loss, 6) for loss in losses}) == 70
    torch.testing.assert_close(found.pictures[0], pictures[best])
    moved = sampling.search(condition, seeds=[3], **still | {"steps": 25, "rate": 0.4})
    assert moved.loss[0] < found.loss[0]
    scored = sampling.search(condition, seeds=[3], space="codes", **still)
    torch.testing.assert_close(scored.pictures, found.pictures)


def test_words_choose_as_well(sampling):
    """Among the same samples; against what pulls, another one is chosen."""
    still = {"steps": 0, "samples": 70, "sound_weight": 0.0}
    condition = sampling.hear(SOUNDS[:1])
    drawn = [sampling.search(condition, seeds=[3], **still, **wish) for wish in ({"prompt": "a"}, {"against": "a"})]
    assert not torch.equal(drawn[0].latent, drawn[1].latent)


def test_sampled_pictures_are_the_same_alone_and_among_three(sampling):
    asked = {"seed": 5, "samples": 5}
    together = contents(sampling(SOUNDS, **asked))
    assert [contents(sampling(sound, **asked))[0] for sound in SOUNDS] == together
    assert contents(sampling(SOUNDS[0], samples=5, seed=6))[0] != together[0]


def test_what_was_sampled_is_kept(sampling, monkeypatch):
    """By its seed; the oldest is forgotten."""
    made = []
    monkeypatch.setattr(SampledStarts, "_sample", lambda self, seed, count: made.append(seed) or Samples(seed, count))
    starts = SampledStarts(sampling.components["transformer"], sampling.vqgan, sampling._look, 32)
    for seed in [*range(REMEMBERED), 0, 5, REMEMBERED, 5, 0]:
        assert starts(seed, 2).codes == seed
    assert made == [*range(REMEMBERED + 1), 0]


def test_a_transformer_is_saved_with_its_system(sampling, tmp_path):
    folder = sampling.save_pretrained(tmp_path / "saved")
    loaded = hearsight.load(folder, device="cpu")
    assert loaded.config == sampling.config
    assert contents(loaded(SOUNDS[0], samples=3)) == contents(sampling(SOUNDS[0], samples=3))
    assert contents(loaded(SOUNDS[0], start="random")) != contents(sampling(SOUNDS[0], samples=3))


def test_what_cannot_be_sampled(sampling):
    without = Wav2CLIPVQGAN(guided_vqgan_config.wav2clip_debug())
    with pytest.raises(ConfigError, match="start='sampled': no transformer is here"):
        without(SOUNDS[0], start="sampled")
    with pytest.raises(ConfigError, match="size=24: the transformer samples pictures of 16 pixels"):
        sampling(SOUNDS[0], size=24)
    with pytest.raises(ConfigError, match="starts=3: the start is the best of `samples`"):
        sampling(SOUNDS[0], starts=3)
    with pytest.raises(ConfigError, match="samples=0: must be at least 1"):
        sampling(SOUNDS[0], samples=0)
    assert sampling(SOUNDS[0], size=24, start="random")[0].image.size == (24, 24)
    config = guided_vqgan_config.wav2clip_debug()
    with pytest.raises(ConfigError, match="codes=1024 of the transformer: its VQGAN has 16"):
        Wav2CLIPVQGAN(replace(config, transformer=code_transformer.pocket()))
