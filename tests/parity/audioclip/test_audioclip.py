"""The published AudioCLIP: same weights, same numbers as its authors' code (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from synth import Kit

from hearsight.encoders.audioclip import AudioCLIP, published
from hearsight.encoders.esresnext import as_trained
from hearsight.encoders.fbsp import FBSP, FBSPConfig
from hearsight.encoders.one_by_one import unit
from hearsight.errors import WeightsError
from hearsight.hub.converters.audioclip import read_audioclip

HERE = Path(__file__).parent


KIT = Kit(HERE)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> AudioCLIP:
    """The stand-in file in the published layout, through our loader; half a gigabyte, so made once and removed."""
    file = tmp_path_factory.mktemp("audioclip") / "AudioCLIP-Full-Training.pt"
    torch.save(KIT.checkpoint(), file)
    try:
        return read_audioclip(file)
    finally:
        file.unlink()


def waveform(case: str) -> torch.Tensor:
    """The case's sound in [-1, 1]; the fixtures hold what the published network is fed, 32768 times that."""
    return torch.from_numpy(KIT.input(case, "audio")).float() / 32768


def tensor(case: str, name: str) -> torch.Tensor:
    return torch.from_numpy(KIT.input(case, name))


@pytest.fixture(scope="session")
def embeddings(model: AudioCLIP) -> dict[str, torch.Tensor]:
    """The three modalities of case s1."""
    with torch.no_grad():
        return {
            "audio": model.encode_audio(waveform("s1")),
            "image": model.encode_image(tensor("s1", "image")),
            "text": model.encode_text(tensor("s1", "text")),
        }


def check_front(case: str, fbsp: FBSP, model: AudioCLIP) -> None:
    signal = waveform(case).flatten(0, 1)
    with torch.no_grad():
        decibel = model.audio.spectrogram(signal)
        if "fbsp" in KIT.cases[case]["outputs"]:
            KIT.check(case, "fbsp", torch.stack(fbsp(as_trained(signal)), dim=-1).transpose(1, 2))
    KIT.check(case, "decibel", decibel)


def test_every_published_parameter_has_a_place(model: AudioCLIP) -> None:
    assert sum(parameter.numel() for parameter in model.parameters()) == KIT.manifest["parameters"]
    assert not model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("case", ["s1", "s5", "unit", "odd"])
def test_learned_spectrogram(case: str, model: AudioCLIP) -> None:
    check_front(case, model.audio.fbsp, model)


def test_spectrogram_before_training(model: AudioCLIP) -> None:
    """At order 0 the transform is Fourier's; the module starts there."""
    learned = model.audio.fbsp
    model.audio.fbsp = FBSP(FBSPConfig()).eval()
    try:
        check_front("front_init", model.audio.fbsp, model)
    finally:
        model.audio.fbsp = learned


@pytest.mark.parametrize("case", ["s5", "stereo", "unit", "odd"])
def test_audio_embedding(case: str, model: AudioCLIP) -> None:
    with torch.no_grad():
        embedding = model.encode_audio(waveform(case))
    KIT.check(case, "audio", embedding)
    if "audio_unit" in KIT.cases[case]["outputs"]:
        KIT.check(case, "audio_unit", unit(embedding))


@pytest.mark.parametrize("case", ["s1", "s5"])
def test_kernel_norm_loss(case: str, model: AudioCLIP) -> None:
    KIT.check(case, "loss_ttf", model.audio.norm_loss().detach()[None])


@pytest.mark.parametrize("modality", ["audio", "image", "text"])
def test_embeddings_of_the_three_heads(modality: str, embeddings: dict[str, torch.Tensor]) -> None:
    KIT.check("s1", modality, embeddings[modality])
    KIT.check("s1", f"{modality}_unit", unit(embeddings[modality]))


def test_text_embeddings(model: AudioCLIP) -> None:
    with torch.no_grad():
        embedding = model.encode_text(tensor("t3", "text"))
    KIT.check("t3", "text", embedding)
    KIT.check("t3", "text_unit", unit(embedding))


def check_logits(case: str, model: AudioCLIP, embeddings: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        logits, loss = model.logits(**embeddings)._asdict(), model.loss(**embeddings)
    expected = {name.removeprefix("logits_") for name in KIT.cases[case]["outputs"] if name.startswith("logits_")}
    assert expected == {name for name, value in logits.items() if value is not None}
    for name in expected:
        KIT.check(case, f"logits_{name}", logits[name])
    KIT.check(case, "loss", loss[None])


def test_logits_and_loss_of_three_modalities(model: AudioCLIP, embeddings: dict[str, torch.Tensor]) -> None:
    check_logits("s1", model, embeddings)


def test_logits_and_loss_of_two_modalities(model: AudioCLIP, embeddings: dict[str, torch.Tensor]) -> None:
    check_logits("pair", model, {"audio": embeddings["audio"], "text": embeddings["text"]})


def test_temperatures_are_clamped(model: AudioCLIP, embeddings: dict[str, torch.Tensor]) -> None:
    """The case has audio-image below 1, the others above 100."""
    scales = (model.scale_audio_image, model.scale_audio_text, model.scale_image_text)
    learned = [scale.detach().clone() for scale in scales]
    with torch.no_grad():
        for scale, value in zip(scales, (-1.0, 6.0, 6.0), strict=True):
            scale.fill_(value)
        try:
            check_logits("clamp", model, embeddings)
        finally:
            for scale, value in zip(scales, learned, strict=True):
                scale.copy_(value)


def test_every_case_is_checked() -> None:
    """No case of the fixtures is left out above."""
    assert set(KIT.cases) == {"s1", "pair", "s5", "t3", "stereo", "unit", "odd", "front_init", "clamp"}


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.pt"
    torch.save({"visual.conv1.weight": torch.zeros(8, 3, 3, 3), "surplus": torch.zeros(1)}, file)
    with pytest.raises(WeightsError) as error:
        read_audioclip(file, published())
    message = str(error.value)
    assert "missing (" in message and "text.token_embedding.weight" in message
    assert "unexpected (1): surplus" in message
    assert "misshaped (1): image.conv1.weight is [8, 3, 3, 3] instead of [32, 3, 3, 3]" in message
