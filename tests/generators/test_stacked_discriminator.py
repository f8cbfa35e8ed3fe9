import pytest
import torch

from hearsight.errors import ConfigError
from hearsight.generators import stacked_gan
from hearsight.generators.stacked_discriminator import (
    Discriminator,
    DiscriminatorConfig,
    debug,
    discriminators,
    pocket,
    published,
)


def test_one_per_scale() -> None:
    torch.manual_seed(0)
    judges = discriminators(debug(), stacked_gan.debug())
    assert [judge.side for judge in judges] == [8, 16, 32]
    for judge in judges:
        verdict = judge.eval()(torch.rand(2, 3, judge.side, judge.side), torch.randn(2, 4))
        assert verdict.matching.shape == verdict.alone.shape == (2,)


@pytest.mark.parametrize(("config", "generator"), [(published, stacked_gan.published), (pocket, stacked_gan.pocket)])
def test_every_picture_shrinks_to_the_same_code(config, generator) -> None:
    with torch.device("meta"):
        for judge in discriminators(config(), generator()):
            code = judge.narrow(judge.down(torch.empty(1, 3, judge.side, judge.side)))
            assert code.shape == (1, config().code * config().width, 4, 4)


def test_only_one_branch_listens() -> None:
    torch.manual_seed(0)
    judge = Discriminator(debug(), 16, 4).eval()
    pictures, condition = torch.rand(2, 3, 16, 16), torch.randn(2, 4)
    one, other = judge(pictures, condition), judge(pictures, condition + 1)
    assert torch.equal(one.alone, other.alone)
    assert (one.matching - other.matching).abs().min() > 1e-6


def test_a_code_that_small_pictures_cannot_reach_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"side=16: .* at least 64 for code=8"):
        Discriminator(DiscriminatorConfig(), 16, 4)


def test_tapered_ones_end_equally_wide() -> None:
    with torch.device("meta"):
        judges = discriminators(DiscriminatorConfig(width=8, code=4, tapered=True), stacked_gan.pocket())
    assert [judge.down[0].conv.out_channels for judge in judges] == [8, 4, 2]
    assert [judge.alone.in_channels for judge in judges] == [32, 32, 32]
    assert all(len(judge.narrow) == 0 for judge in judges)


def test_a_projected_one_adds_the_inner_product_of_condition_and_code() -> None:
    torch.manual_seed(0)
    judge = Discriminator(DiscriminatorConfig(width=4, code=1, projected=True), 8, 4).eval()
    published_one = Discriminator(DiscriminatorConfig(width=4, code=1), 8, 4).eval()
    published_one.load_state_dict({n: w for n, w in judge.state_dict().items() if not n.startswith("projection")})
    pictures, condition = torch.rand(2, 3, 8, 8), torch.randn(2, 4)
    code = judge.narrow(judge.down(pictures))
    likeness = torch.einsum("bc,cd,bdhw->b", condition, judge.projection.weight.T, code) / 16
    one, other = judge(pictures, condition), published_one(pictures, condition)
    torch.testing.assert_close(one.matching, other.matching + likeness)
    assert torch.equal(one.alone, other.alone)
