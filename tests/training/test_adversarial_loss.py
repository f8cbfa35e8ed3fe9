from dataclasses import replace

import pytest
import torch

from hearsight.generators.stacked_discriminator import Discriminator, debug
from hearsight.training.adversarial_loss import (
    LossWeights,
    discriminator_loss,
    generator_loss,
    paper,
    published,
    stackgan_v2,
)


@pytest.fixture
def judge() -> Discriminator:
    """In evaluation mode, so that it can be asked several times."""
    torch.manual_seed(0)
    return Discriminator(debug(), 8, 3).eval()


@pytest.fixture
def pictures() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(4, 3, 8, 8, generator=generator).requires_grad_() for _ in range(3)]


CONDITION = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))


def chances(judge: Discriminator, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """D(I, c) and D(I), as probabilities."""
    verdict = judge(pictures, CONDITION)
    return verdict.matching.sigmoid(), verdict.alone.sigmoid()


def test_equation_12_and_the_wrong_picture(judge: Discriminator, pictures: list[torch.Tensor]) -> None:
    (real, real_alone), (wrong, wrong_alone), (fake, fake_alone) = (chances(judge, one) for one in pictures)
    terms = {
        "conditional": -real.log().mean() - (1 - fake).log().mean(),
        "unconditional": -real_alone.log().mean() - (1 - fake_alone).log().mean(),
    }
    printed = discriminator_loss(judge, *pictures, CONDITION, paper())
    torch.testing.assert_close(printed, sum(terms.values()))
    for name, term in terms.items():
        without = discriminator_loss(judge, *pictures, CONDITION, replace(paper(), **{name: 0.0}))
        torch.testing.assert_close(printed - without, term)
    rejected, accepted = -(1 - wrong).log().mean(), -wrong_alone.log().mean()
    full = discriminator_loss(judge, *pictures, CONDITION, replace(published(), wrong=0.5))
    torch.testing.assert_close(full, printed + 0.5 * (rejected + accepted))


def test_equation_10(judge: Discriminator, pictures: list[torch.Tensor]) -> None:
    fake, alone = chances(judge, pictures[2])
    loss = generator_loss(judge, pictures[2], CONDITION, LossWeights(conditional=2.0, unconditional=3.0))
    torch.testing.assert_close(loss, -2 * fake.log().mean() - 3 * alone.log().mean())


def test_each_loss_teaches_one_player(judge: Discriminator, pictures: list[torch.Tensor]) -> None:
    condition = CONDITION.clone().requires_grad_()
    discriminator_loss(judge, *pictures, condition, published()).backward()
    assert pictures[2].grad is None and condition.grad is None
    assert all(weight.grad is not None for weight in judge.parameters())
    judge.zero_grad()
    generator_loss(judge, pictures[2], condition, published()).backward()
    assert pictures[2].grad is not None and condition.grad is not None
    assert all(weight.grad is None for weight in judge.parameters())


def test_losses_stay_finite_where_a_discriminator_is_sure(judge: Discriminator, pictures: list[torch.Tensor]) -> None:
    with torch.no_grad():
        judge.alone.bias.fill_(-200.0)
    loss = generator_loss(judge, pictures[2], CONDITION, published())
    loss.backward()
    assert 190 < loss < 210 and pictures[2].grad.abs().sum() > 0


def test_named_weights() -> None:
    assert published() == LossWeights(1, 1, 1, 2, 1)
    assert paper() == LossWeights(wrong=0, divergence=0)
    assert stackgan_v2() == LossWeights(relation=0)
