"""VQGAN's adversarial losses, against what can be worked out by hand."""

import pytest
import torch
from torch import nn

from hearsight.generators.patch_discriminator import PatchDiscriminator, debug
from hearsight.training.patch_loss import adaptive_weight, fooling_loss, hinge_loss


class Brightness(nn.Module):
    """A judge whose score is the mean shade of a picture, times a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.weight * pictures.mean(dim=(1, 2, 3), keepdim=True)


def shades(*values: float) -> torch.Tensor:
    return torch.tensor(values)[:, None, None, None].expand(-1, 3, 2, 2).clone().requires_grad_()


def test_hinge() -> None:
    judge = Brightness()
    real, fake = shades(0.25, 3.0), shades(-2.0, 0.5)
    loss = hinge_loss(judge, real, fake)  # type: ignore[arg-type]
    # (1 - 0.25 + 0) / 2 for the real ones, (0 + 1 + 0.5) / 2 for the others
    assert float(loss.detach()) == pytest.approx((0.375 + 0.75) / 2)
    loss.backward()
    assert fake.grad is None and judge.weight.grad is not None


def test_fooling() -> None:
    judge = Brightness()
    fake = shades(-2.0, 0.5)
    loss = fooling_loss(judge, fake)  # type: ignore[arg-type]
    assert float(loss.detach()) == pytest.approx(0.75)
    loss.backward()
    assert fake.grad is not None and judge.weight.grad is None
    torch.testing.assert_close(fake.grad, torch.full_like(fake, -1 / 24))


def test_adaptive_weight_by_hand() -> None:
    """Equation 7, on a last layer of which both gradients are known."""
    last = nn.Parameter(torch.tensor([1.0, 1.0]))
    reconstruction = (3 * last[0] + 4 * last[1]).square() / 2  # gradient 7 * (3, 4), of length 35
    adversarial = 0.5 * last[0]
    weight = adaptive_weight(reconstruction, adversarial, last, least=0.2)
    assert float(weight) == pytest.approx(35 / (0.5 + 0.2))
    assert not weight.requires_grad
    assert float(adaptive_weight(reconstruction, 0 * adversarial, last)) == 1e4  # and no more
    (reconstruction + weight * adversarial).backward()  # the graph is still there
    torch.testing.assert_close(last.grad, torch.tensor([21.0 + 25.0, 28.0]))


def test_both_losses_pull_equally_hard() -> None:
    torch.manual_seed(0)
    judge, last = PatchDiscriminator(debug()).eval(), nn.Conv2d(4, 3, 3, padding=1)
    drawn = last(torch.randn(2, 4, 16, 16))
    reconstruction, fooling = drawn.abs().mean(), fooling_loss(judge, drawn)
    weight = adaptive_weight(reconstruction, fooling, last.weight, least=0.0)
    pulls = [torch.autograd.grad(loss, last.weight, retain_graph=True)[0].norm() for loss in (reconstruction, fooling)]
    torch.testing.assert_close(pulls[0], weight * pulls[1])
