"""The published BEATs iter3+: same weights, same numbers as its authors' code (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.encoders.beats import BEATs, BEATsOutput, published
from hearsight.errors import WeightsError
from hearsight.hub.converters.beats import read_beats

KIT = Kit(Path(__file__).parent)
EMPTY_BAND = 3  # no frequency of the spectrum falls into this filter


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> BEATs:
    """The stand-in file in the published layout, through our loader; 363 MB, so made once and removed."""
    file = tmp_path_factory.mktemp("beats") / "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
    torch.save(KIT.checkpoint(), file)
    try:
        return read_beats(file)
    finally:
        file.unlink()


def waveform(case: str) -> torch.Tensor:
    return torch.from_numpy(KIT.input(case, "wave"))


def run(model: BEATs, case: str) -> BEATsOutput:
    """What the model makes of a case, its filter bank and predictor checked."""
    padding = torch.from_numpy(KIT.input(case, "padding_mask")) if "padding_mask" in KIT.cases[case]["inputs"] else None
    with torch.no_grad():
        spectrogram, output = model.spectrogram(waveform(case)), model(waveform(case), padding)
    KIT.check(case, "fbank", spectrogram)
    torch.testing.assert_close(spectrogram[..., EMPTY_BAND], torch.full(spectrogram.shape[:2], -2.39169))
    KIT.check(case, "final", output.final)
    KIT.check(case, "probs", output.probabilities)
    return output


@pytest.mark.parametrize("case", ["a", "b"])
def test_features_and_probabilities(model: BEATs, case: str) -> None:
    output = run(model, case)
    KIT.check(case, "concat", output.layers)
    for name, part in zip(("layer4", "layer8", "layer12"), output.layers.chunk(3, dim=-1), strict=True):
        KIT.check(case, name, part)
    assert torch.equal(output.layers[..., -768:], output.final)
    assert output.mask.all()


def test_a_padded_batch(model: BEATs) -> None:
    KIT.check("c", "token_mask", (~run(model, "c").mask).float())


def test_every_case_is_checked() -> None:
    """No case, and no output of a case, is left out above."""
    common = {"fbank", "final", "probs"}
    full = common | {"layer4", "layer8", "layer12", "concat"}
    assert {case: set(entry["outputs"]) for case, entry in KIT.cases.items()} == {
        "a": full,
        "b": full,
        "c": common | {"token_mask"},
    }


def test_size_and_labels_are_the_published_ones(model: BEATs) -> None:
    assert sum(weight.numel() for weight in model.parameters()) == KIT.manifest["parameters"] == 90_717_055
    assert model.width == 2304
    assert model.config.labels == tuple(f"label_{index}" for index in range(527))
    with torch.device("meta"):
        named = BEATs(published()).state_dict()
    assert {name: value.shape for name, value in named.items()} == {
        name: value.shape for name, value in model.state_dict().items()
    }


def test_a_file_without_its_tensors_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.pt"
    torch.save({"cfg": KIT.manifest["config"], "model": {"surplus": torch.zeros(1)}}, file)
    with pytest.raises(WeightsError) as error:
        read_beats(file)
    assert "missing (" in str(error.value) and "encoder.relative_position.table.weight" in str(error.value)
    assert "unexpected (1): surplus" in str(error.value)
