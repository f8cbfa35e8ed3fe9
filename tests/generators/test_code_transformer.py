"""The transformer of a VQGAN's codes: what may be seen of a picture, and what the loss is."""

import math

import pytest
import torch

from hearsight.config import build, plain
from hearsight.errors import ConfigError
from hearsight.generators import code_transformer, vqgan
from hearsight.generators.code_transformer import CodeTransformer, CodeTransformerConfig, require_fit


@pytest.fixture(scope="module")
def network() -> CodeTransformer:
    torch.manual_seed(0)
    network = CodeTransformer(code_transformer.debug()).eval().requires_grad_(False)
    torch.nn.init.normal_(network.network.wte.weight)
    return network


def some_codes(pictures: int = 2) -> torch.Tensor:
    return torch.randint(16, (pictures, 8, 8), generator=torch.Generator().manual_seed(1))


def test_a_code_is_told_by_those_before_it(network: CodeTransformer) -> None:
    codes = some_codes()
    changed = codes.clone()
    changed[:, 3, 4] = (changed[:, 3, 4] + 1) % 16  # place 28
    before, after = network(codes), network(changed)
    assert before.shape == (2, 64, 16)
    assert torch.equal(before[:, :29], after[:, :29])
    assert not torch.isclose(before[:, 29:], after[:, 29:]).all(dim=2).any()


def test_code_by_code_it_says_the_same(network: CodeTransformer) -> None:
    codes = some_codes().flatten(1)
    last, memory, said = torch.full((2,), network.begin), None, []
    for place in range(64):
        scores, memory = network.after(last, memory)
        said.append(scores)
        last = codes[:, place]
    torch.testing.assert_close(torch.stack(said, dim=1), network(codes.unflatten(1, (8, 8))))


def test_the_loss_of_a_network_that_knows_nothing(network: CodeTransformer) -> None:
    blank = CodeTransformer(code_transformer.debug()).eval().requires_grad_(False)
    torch.nn.init.zeros_(blank.network.wte.weight)
    assert float(blank.loss(some_codes())) == pytest.approx(math.log(16))
    chances = network(some_codes()).softmax(dim=2).gather(2, some_codes().flatten(1)[..., None])
    assert float(network.loss(some_codes())) == pytest.approx(float(-chances.log().mean()), rel=1e-5)


def test_configs() -> None:
    assert build(CodeTransformerConfig, plain(code_transformer.pocket())) == code_transformer.pocket()
    with pytest.raises(ConfigError, match="width=10: cannot be split among 3 heads"):
        CodeTransformerConfig(width=10, heads=3)


def test_it_belongs_to_a_vqgan() -> None:
    require_fit(code_transformer.pocket(), vqgan.pocket())
    require_fit(code_transformer.debug(), vqgan.debug())
    require_fit(CodeTransformerConfig(), vqgan.published(1024))
    with pytest.raises(ConfigError, match="codes=1024 of the transformer: its VQGAN has 16384"):
        require_fit(CodeTransformerConfig(), vqgan.published())
    with pytest.raises(ConfigError, match="side=16 of the transformer: its VQGAN has 8"):
        require_fit(CodeTransformerConfig(), vqgan.pocket())
