"""The published Wav2CLIP: same weights, same numbers as its authors' code (fixtures: manifest.json, cases.npz)."""

import dataclasses
from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.encoders.wav2clip import Wav2CLIP, published
from hearsight.hub.converters.wav2clip import read_wav2clip

KIT = Kit(Path(__file__).parent)
FRAMES = {"f": (16000, 16000), "h": (16000, 8000)}  # length and hop of the cases in frame mode


@pytest.fixture(scope="module")
def per_clip(tmp_path_factory: pytest.TempPathFactory) -> Wav2CLIP:
    """The stand-in file in the published layout, through our loader."""
    file = tmp_path_factory.mktemp("wav2clip") / "Wav2CLIP.pt"
    torch.save(KIT.checkpoint(), file)
    return read_wav2clip(file)


@pytest.fixture(scope="module")
def per_batch(per_clip: Wav2CLIP) -> Wav2CLIP:
    """The same weights, standardised as the published code does."""
    model = Wav2CLIP(dataclasses.replace(published(), standardise="batch"))
    model.load_state_dict(per_clip.state_dict())
    return model.eval()


def waveform(case: str) -> torch.Tensor:
    wave = torch.from_numpy(KIT.input(case, "wave"))
    if case not in FRAMES:
        return wave
    length, hop = FRAMES[case]
    return wave.unfold(-1, length, hop).flatten(0, 1)


def test_every_published_parameter_has_a_place(per_clip: Wav2CLIP) -> None:
    assert sum(parameter.numel() for parameter in per_clip.parameters()) == KIT.manifest["parameters"]


@pytest.mark.parametrize("case", sorted(KIT.cases))
@torch.no_grad()
def test_every_case(case: str, per_batch: Wav2CLIP) -> None:
    spectrogram = per_batch.spectrogram(waveform(case))
    KIT.check(case, "spectrogram", spectrogram)
    standardised = per_batch.standardised(spectrogram)
    KIT.check(case, "standardised", standardised)
    KIT.check(case, "encoder", per_batch.encode_spectrogram(standardised))
    wave = torch.from_numpy(KIT.input(case, "wave"))
    embedding = per_batch.encode_frames(wave, *FRAMES[case]) if case in FRAMES else per_batch.encode_audio(wave)
    KIT.check(case, "embedding", embedding)


@torch.no_grad()
def test_clip_by_clip_a_clip_in_company_is_the_clip_alone(per_clip: Wav2CLIP, per_batch: Wav2CLIP) -> None:
    """Case c0 is the first clip of case c, alone."""
    KIT.check("c0", "embedding", per_clip.encode_audio(waveform("c"))[:1])
    with pytest.raises(AssertionError, match="outside"):
        KIT.check("c0", "embedding", per_batch.encode_audio(waveform("c"))[:1])
