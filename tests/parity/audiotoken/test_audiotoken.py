"""The published AudioToken: same weights, same numbers as its authors' code (fixtures: manifest.json, cases.npz)."""

from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from synth import Kit
from torch import Tensor, nn

from hearsight.conditions.token import AudioTokenEmbedder
from hearsight.generators.lora import LoRA
from hearsight.hub.converters.audiotoken import read_embedder, read_lora, write_embedder, write_lora
from hearsight.hub.converters.beats import read_beats
from hearsight.training.token_losses import classification, energy, sparsity

HERE = Path(__file__).parent
KIT = Kit(HERE)
LORA = {
    "lora_d0_self": "down_blocks.0.attentions.0.transformer_blocks.0.attn1",
    "lora_d0_cross": "down_blocks.0.attentions.0.transformer_blocks.0.attn2",
    "lora_mid_cross": "mid_block.attentions.0.transformer_blocks.0.attn2",
}


@pytest.fixture(scope="session")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> AudioTokenEmbedder:
    """The stand-in file in the published layout, through our loader."""
    file = tmp_path_factory.mktemp("audiotoken") / "embedder_learned_embeds.bin"
    torch.save(KIT.checkpoint("embedder"), file)
    return read_embedder(file)


def tensor(case: str, name: str) -> Tensor:
    return torch.from_numpy(KIT.input(case, name))


def check(embedder: AudioTokenEmbedder, case: str, features: Tensor, keep: Tensor | None = None) -> None:
    with torch.no_grad():
        moments = embedder.project(features)
        KIT.check(case, "fc", moments)
        KIT.check(case, "unary", embedder.pooling.unary(moments, keep))
        KIT.check(case, "pairwise", embedder.pooling.pairwise(moments))
        KIT.check(case, "attention", embedder.pooling.attention(moments, keep))
        KIT.check(case, "token", embedder(features, keep))


def test_it_has_as_many_parameters_as_the_paper_says(embedder: AudioTokenEmbedder) -> None:
    assert sum(weight.numel() for weight in embedder.parameters()) == KIT.manifest["parameters"] == 8_853_507


@pytest.mark.parametrize("case", ["a", "b"])
def test_tokens_without_dropout(embedder: AudioTokenEmbedder, case: str) -> None:
    check(embedder, case, tensor(case, "features"))


def test_a_token_with_dropout(embedder: AudioTokenEmbedder) -> None:
    keep = tensor("m", "dropout_keep").bool().mT  # the fixture has channels before time
    check(embedder, "m", tensor("m", "features"), keep)


def test_from_waveform_to_token(embedder: AudioTokenEmbedder, tmp_path: Path) -> None:
    file = tmp_path / "BEATs_iter3_plus_AS2M_finetuned_on_AS2M_cpt2.pt"
    torch.save(Kit(HERE.parent / "beats").checkpoint(), file)
    ear = read_beats(file)
    file.unlink()
    with torch.no_grad():
        features = ear(tensor("chain", "wave")).layers
    KIT.check("chain", "features", features)
    check(embedder, "chain", features)


def test_losses() -> None:
    token, label = tensor("loss", "token"), tensor("loss", "label")
    KIT.check("loss", "l1", sparsity(token)[None])
    KIT.check("loss", "l2", energy(token)[None])
    KIT.check("loss", "cosine", classification(token, label)[None])


def test_a_written_embedder_is_the_published_file(embedder: AudioTokenEmbedder, tmp_path: Path) -> None:
    written = torch.load(write_embedder(embedder, tmp_path / "again.bin"), weights_only=True)
    published = KIT.checkpoint("embedder")
    assert written.keys() == published.keys()
    assert all(torch.equal(written[name], published[name]) for name in published)


@pytest.fixture(scope="session")
def lora(tmp_path_factory: pytest.TempPathFactory) -> LoRA:
    """All LoRA layers of Stable Diffusion 1.4, whose U-Net is there in shape only."""
    file = tmp_path_factory.mktemp("audiotoken") / "lora_layers_learned_embeds.bin"
    torch.save(KIT.checkpoint("lora"), file)
    with torch.device("meta"):
        unet = UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8)
    return read_lora(file, unet)


def test_a_written_lora_is_the_published_file(lora: LoRA, tmp_path: Path) -> None:
    assert sum(weight.numel() for weight in lora.parameters()) == 797_184
    written = torch.load(write_lora(lora, tmp_path / "again.bin"), weights_only=True)
    published = KIT.checkpoint("lora")
    assert written.keys() == published.keys() and len(written) == 256
    assert all(torch.equal(written[name], published[name]) for name in published)


@pytest.mark.parametrize("case", LORA)
def test_attention_with_lora(lora: LoRA, case: str) -> None:
    network = nn.Module()
    attention = _attention(network, LORA[case])
    own = LoRA(network)
    own.load_state_dict({name: value for name, value in lora.state_dict().items() if LORA[case] in name})
    context = tensor(case, "context") if "context" in KIT.cases[case]["inputs"] else None
    with torch.no_grad():
        KIT.check(case, "without_lora", attention(tensor(case, "hidden"), context))
        with own.at(1.0):
            KIT.check(case, "output", attention(tensor(case, "hidden"), context))


def _attention(network: nn.Module, path: str) -> Attention:
    """One attention of the published U-Net at its place in an otherwise empty network."""
    weights = {
        name.removeprefix(f"{path}."): value for name, value in KIT.checkpoint("lora_base").items() if path in name
    }
    width, context = weights["to_q.weight"].shape[0], weights["to_k.weight"].shape[1]
    attention = Attention(width, context, heads=8, dim_head=width // 8)
    attention.load_state_dict(weights)
    *folders, last = path.split(".")
    for folder in folders:
        network.add_module(folder, nn.Module())
        network = network.get_submodule(folder)
    network.add_module(last, attention)
    return attention


def test_every_case_is_checked() -> None:
    """No case, and no output of a case, is left out above."""
    stages = {"fc", "unary", "pairwise", "attention", "token"}
    expected = {case: stages for case in ("a", "b", "m")} | {"chain": stages | {"features"}}
    expected |= {"loss": {"l1", "l2", "cosine"}} | {case: {"output", "without_lora"} for case in LORA}
    assert {case: set(spec["outputs"]) for case, spec in KIT.cases.items()} == expected
