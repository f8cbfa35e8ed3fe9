"""The published WavLM Base+: same weights, same numbers as its authors' code (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.encoders.wavlm import WavLM, base_plus, frame_mask
from hearsight.hub.converters.wavlm import UNUSED, read_wavlm, rename

KIT = Kit(Path(__file__).parent)
STATES = {"hidden0": 0, "hidden1": 1, "hidden4": 4, "hidden8": 8, "hidden12": 12}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> WavLM:
    """The stand-in file in the published layout, through our loader; 380 MB, so made once and removed."""
    file = tmp_path_factory.mktemp("wavlm") / "WavLM-Base+.pt"
    torch.save(KIT.checkpoint(), file)
    try:
        return read_wavlm(file)
    finally:
        file.unlink()


def heard(case: str) -> torch.Tensor | None:
    """The case's mask, True on sound; the fixtures hold its opposite."""
    if "padding_mask" not in KIT.cases[case]["inputs"]:
        return None
    return ~torch.from_numpy(KIT.input(case, "padding_mask"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", sorted(KIT.cases))
@torch.no_grad()
def test_every_case(case: str, model: WavLM) -> None:
    waveform, mask = torch.from_numpy(KIT.input(case, "wave")), heard(case)
    KIT.check(case, "conv", model.network.feature_extractor(waveform))
    states = model(waveform, mask)
    assert len(states) == 13
    for name, index in STATES.items():
        KIT.check(case, name, states[index])
    assert model.frames(waveform.shape[1]) == states.shape[2]
    if mask is not None:
        KIT.check(case, "token_mask", ~frame_mask(mask, states.shape[2]))


def test_the_size_is_read_from_the_file(model: WavLM) -> None:
    assert model.config == base_plus()
    assert sum(p.numel() for p in model.parameters()) == KIT.manifest["parameters"] - base_plus().width  # mask_emb


def test_every_name_goes_where_the_authors_of_the_mapping_say() -> None:
    wanted = {name: theirs for name, theirs in KIT.manifest["key_map"].items() if name != UNUSED}
    assert {name: rename(name) for name in wanted} == wanted
