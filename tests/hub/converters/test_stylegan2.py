"""Published StyleGAN2 files: complete, without noise, without the mean, and other files."""

from pathlib import Path
from typing import Any

import pytest
import torch

from hearsight.errors import WeightsError
from hearsight.generators.stylegan2 import StyleGAN2, debug
from hearsight.hub.converters.stylegan2 import read_stylegan2, rename

KERNEL = torch.tensor([1.0, 3.0, 3.0, 1.0]).outer(torch.tensor([1.0, 3.0, 3.0, 1.0])) / 16


def published_names(network: StyleGAN2) -> dict[str, torch.Tensor]:
    """A network's tensors as the published layout has them."""
    state = {}
    for name, tensor in network.state_dict().items():
        parts = name.split(".")
        if parts[0] == "mapping":
            name = f"style.{int(parts[1]) + 1}.{parts[2]}"
        elif parts[0] in ("ups", "convs"):
            name = ".".join(["convs", str(2 * int(parts[1]) + (parts[0] == "convs")), *parts[2:]])
        for ours, theirs in (("constant", "input.input"), ("first_rgb.", "to_rgb1."), ("first.", "conv1.")):
            name = name.replace(ours, theirs, 1) if name.startswith(ours) else name
        name = name.replace("rgbs.", "to_rgbs.") if parts[0] == "rgbs" else name
        name = name.replace("noise_strength", "noise.weight")
        if name.endswith(".bias") and name.count(".") < 3 and name.startswith("conv"):
            name = name.replace(".bias", ".activate.bias")
        if name.startswith("noise_"):
            name = f"noises.{name}"
        if name.endswith("conv.weight"):
            tensor = tensor[None]
        if name.startswith("to_rgb") and tensor.shape == (3,):
            tensor = tensor.view(1, 3, 1, 1)
        if name != "mean_w":
            state[name] = tensor
    return state | {"to_rgbs.0.upsample.kernel": KERNEL, "convs.0.conv.blur.kernel": KERNEL}


@pytest.fixture
def network() -> StyleGAN2:
    torch.manual_seed(0)
    network = StyleGAN2(debug()).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(torch.randn_like(parameter) * 0.1)
    network.mean_w.normal_()
    return network


def read(content: Any, folder: Path) -> StyleGAN2:
    torch.save(content, folder / "stylegan2.pt")
    return read_stylegan2(folder / "stylegan2.pt")


def test_everything_arrives(network: StyleGAN2, tmp_path: Path) -> None:
    content = {"g_ema": published_names(network), "latent_avg": network.mean_w, "d": {"x": torch.ones(1)}}
    found = read(content, tmp_path)
    assert found.config == debug()
    assert {rename(name) for name in content["g_ema"] if not name.endswith("kernel")} | {"mean_w"} == set(
        network.state_dict()
    )
    w = torch.randn(1, 8)
    assert torch.equal(found(found.truncate(w, 0.5)), network(network.truncate(w, 0.5)))


def test_what_may_be_missing(network: StyleGAN2, tmp_path: Path) -> None:
    state = {name: tensor for name, tensor in published_names(network).items() if not name.startswith("noises.")}
    first, second = read({"g_ema": state}, tmp_path), read({"g_ema": state}, tmp_path)
    assert torch.equal(first.mean_w, network.estimate_mean())
    w = torch.randn(1, 8)
    assert torch.equal(first(w), second(w))
    torch.testing.assert_close(first(w), network(w, noise=network.noises([0])))


def test_what_may_not(network: StyleGAN2, tmp_path: Path) -> None:
    state = published_names(network)
    del state["conv1.conv.weight"]
    with pytest.raises(WeightsError, match=r"missing \(1\): first\.conv\.weight"):
        read({"g_ema": state}, tmp_path)
    with pytest.raises(WeightsError, match="has no tensors under `g_ema`"):
        read({"g": state}, tmp_path)
    with pytest.raises(WeightsError, match="is no StyleGAN2 generator"):
        read({"g_ema": {"x": torch.ones(1)}}, tmp_path)
