"""Codes sampled from a transformer."""

import pytest
import torch

from hearsight.generators import code_transformer
from hearsight.generators.code_transformer import CodeTransformer
from hearsight.samplers.codes import sample_codes
from hearsight.seeds import generator


@pytest.fixture(scope="module")
def network() -> CodeTransformer:
    torch.manual_seed(0)
    network = CodeTransformer(code_transformer.debug()).eval().requires_grad_(False)
    torch.nn.init.normal_(network.network.wte.weight, std=0.5)
    return network


def sampled(network: CodeTransformer, *seeds: int, kept: float = 1.0) -> torch.Tensor:
    return sample_codes(network, [generator(seed) for seed in seeds], kept)


def test_a_picture_comes_from_its_own_generator(network: CodeTransformer) -> None:
    codes = sampled(network, 1, 2, 3)
    assert codes.shape == (3, 8, 8) and codes.dtype == torch.long
    assert codes.min() >= 0 and codes.max() < 16
    assert torch.equal(sampled(network, 3, 1), codes[[2, 0]])
    assert not torch.equal(codes[0], codes[1])


def test_codes_are_as_frequent_as_the_network_says(network: CodeTransformer) -> None:
    """The first code, over many pictures."""
    codes = sampled(network, *range(4000))
    found = torch.bincount(codes[:, 0, 0], minlength=16) / len(codes)
    wanted = network.after(torch.tensor([network.begin]))[0][0].softmax(dim=0)
    assert (found - wanted).abs().max() < 0.03
    assert wanted.max() > 0.1


def test_a_share_of_the_codes_is_kept(network: CodeTransformer) -> None:
    """Of sixteen codes a sixteenth is the likeliest alone, whatever is drawn."""
    likeliest = sampled(network, 1, 2, kept=1 / 16)
    assert torch.equal(likeliest[0], likeliest[1])
    assert torch.equal(network(likeliest).argmax(dim=2), likeliest.flatten(1))
    few = sampled(network, *range(500), kept=3 / 16)
    assert len(few[:, 0, 0].unique()) == 3
